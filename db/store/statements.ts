import {
  hasOpenNotice,
  readEventsWithin,
  readPaid,
  readServedUnpaid,
  readStatement,
  readStatements,
} from '#db/reads/statements.ts';
import type { EventRow } from '#db/tables.ts';
import { type NewStatement, recordStatement } from '#db/transactions/statements.ts';
import { type Run, slices } from './run.ts';

export function statements(read: Run, upkeep: Run) {
  return {
    readStatement: (day: string) => read('statement', (context) => readStatement(context, day)),
    /** Newest first, only those of days before the given one. */
    readStatements: (filter: { before?: string | undefined; limit: number }) =>
      read('statements', (context) => readStatements(context, filter)),
    recordStatement: (statement: NewStatement) =>
      upkeep('record statement', (context) => recordStatement(context, statement)),
    readPaid: (from: Date, to: Date) => readPaid(slices(read, 'paid'), { from, to }),
    readEventsWithin: (from: Date, to: Date, take: (events: readonly EventRow[]) => void) =>
      readEventsWithin(slices(read, 'events of a day'), { from, to }, take),
    hasOpenNotice: (before: Date) => read('open notice', (context) => hasOpenNotice(context, before)),
    readServedUnpaid: (since: Date) => readServedUnpaid(slices(read, 'served unpaid'), since),
  };
}
