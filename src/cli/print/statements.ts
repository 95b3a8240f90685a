import type { Statement } from '#src/cli/api/bodies.ts';
import { type Cell, fieldsOf, type Page, type Table, tableOf } from './page.ts';
import { localTime, sums } from './texts.ts';

type Body = Statement['statement'];
const unknown = 'unknown';

export function statementsPage(statements: readonly Statement[]): Page {
  const columns = {
    day: ({ day }: Statement) => day,
    complete: ({ statement }: Statement) => yesOrNo(statement.complete),
    machines: ({ statement }: Statement) => statement.machines?.billed ?? unknown,
    cost: ({ statement }: Statement) => sums(statement.cost),
    paid: ({ statement }: Statement) => sums(statement.paid),
    refunded: ({ statement }: Statement) => sums(statement.refunded),
    margin: ({ statement }: Statement) => sums(statement.margin),
  };
  return tableOf(statements, columns, 'There are none yet: the first is written after the end of the first day.');
}

export function statementPage({ day, digest, statement }: Statement): Page {
  const { zone, machines, owed, servedUnpaid, payingForNothing, held } = statement;
  return [
    fieldsOf({
      day: `${day} (${zone})`,
      complete: yesOrNo(statement.complete),
      machines: machines
        ? `${machines.billed} billed, ${machines.owned} owned, ${machines.unknown} unknown, ${machines.missing} missing`
        : unknown,
      cost: sums(statement.cost),
      'cost without a server': sums(statement.orphanCost),
      paid: sums(statement.paid),
      refunded: sums(statement.refunded),
      disputed: sums(statement.disputed),
      margin: sums(statement.margin),
      events: statement.events,
      written: localTime(statement.writtenAt),
      digest,
    }),
    ...usagePart(statement.usage),
    ...listPart('Paid for and without a running server', owed, ({ serverId, status, since }) => ({
      server: serverId,
      status,
      since: localTime(since),
    })),
    ...listPart('Served and not paid for', servedUnpaid, ({ serverId, subscriptionId, standing }) => ({
      server: serverId,
      subscription: subscriptionId,
      standing,
    })),
    ...listPart('Paying for nothing', payingForNothing, ({ subscriptionId, since }) => ({
      subscription: subscriptionId,
      since: localTime(since),
    })),
    ...listPart('Held', held, ({ subscriptionId, hold, since }) => ({
      subscription: subscriptionId,
      hold,
      since: localTime(since),
    })),
  ];
}

function usagePart(usage: Body['usage']): Page {
  if (usage === null || usage.length === 0) return [];
  return tableOf(usage, {
    plan: ({ plan }) => plan,
    provider: ({ provider }) => provider,
    'has a server': ({ isOrphan }) => yesOrNo(!isOrphan),
    hours: ({ hours }) => hours.toFixed(1),
    cost: ({ cost }) => sums(cost && [cost]),
  });
}

/** The heading has the count: the list has at most 100. */
function listPart<T>(
  heading: string,
  { count, first }: { readonly count: number; readonly first: readonly T[] },
  fields: (item: T) => Readonly<Record<string, Cell>>,
): Page {
  const rows = first.map(fields);
  if (rows.length === 0) return [];
  const table: Table = { head: Object.keys(rows[0] ?? {}), rows: rows.map((row) => Object.values(row)) };
  return [`${heading}: ${count}`, table];
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
