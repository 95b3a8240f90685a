import { createRequire } from 'node:module';
import SqliteConnection from 'better-sqlite3';
import { isScan } from '../db/scans.ts';

/** The statements of one transaction, with begin and commit. */
export type Transaction = readonly string[];

/** What a connection ran, in the order of its trace. */
export interface Ran {
  /** Committed transactions. */
  readonly transactions: readonly Transaction[];
  /** Statements outside transactions. */
  readonly alone: readonly string[];
}

/** Divides the trace of one SQLite connection into transactions. Those that were rolled back do not count. */
export function divide(trace: readonly string[]): Ran {
  const transactions: Transaction[] = [];
  const alone: string[] = [];
  let open: string[] | null = null;
  for (const statement of trace) {
    if (/^begin/i.test(statement)) open = [statement];
    else if (/^rollback/i.test(statement)) open = null;
    else if (open === null) alone.push(statement);
    else open.push(statement);
    if (/^commit/i.test(statement) && open) {
      transactions.push(open);
      open = null;
    }
  }
  return { transactions, alone };
}

/** Whether this is the transaction that ends a job. */
export function isSettle(statements: Transaction): boolean {
  return statements.some((statement) => /^update "?jobs"?/i.test(statement));
}

/**
 * Collects the text of every statement that this process prepares from now on, with its placeholders. A trace has the
 * values instead, with which SQLite could choose another plan.
 */
export function collectPrepared(): { readonly texts: ReadonlySet<string>; stop(): void } {
  const texts = new Set<string>();
  const { prototype } = createRequire(import.meta.url)('better-sqlite3') as typeof SqliteConnection;
  const { prepare } = prototype;
  prototype.prepare = function collecting(this: SqliteConnection.Database, text: string) {
    texts.add(text);
    return prepare.call(this, text);
  } as typeof prepare;
  return {
    texts,
    stop: () => {
      prototype.prepare = prepare;
    },
  };
}

/** The texts that read a growing table from one end to the other, each with the step of its plan. */
export function fullScans(file: string, texts: Iterable<string>): string[] {
  const connection = new SqliteConnection(file, { readonly: true });
  try {
    return [...texts]
      .filter((text) => /^\s*(select|update|delete|insert|with)/i.test(text))
      .flatMap((text) => scansIn(connection, text).map((step) => `${step} in: ${text.replace(/\s+/g, ' ')}`));
  } finally {
    connection.close();
  }
}

function scansIn(connection: SqliteConnection.Database, text: string): string[] {
  const values = Array.from({ length: text.split('?').length - 1 }, () => null);
  const plan = connection.prepare<null[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`).all(...values);
  return plan.map(({ detail }) => detail).filter((detail) => isScan(detail, text));
}
