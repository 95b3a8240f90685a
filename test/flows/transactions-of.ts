import type { WorkerHandle } from '../worker-process.ts';

/** The statements of each committed transaction of the worker, from the trace of its database driver. */
export function transactionsOf(worker: WorkerHandle): string[][] {
  const transactions: string[][] = [];
  let open: string[] | null = null;
  for (const { statement } of worker.lines) {
    if (typeof statement !== 'string') continue;
    if (/^begin/i.test(statement)) open = [];
    else if (/^commit/i.test(statement)) {
      if (open) transactions.push(open);
      open = null;
    } else if (/^rollback/i.test(statement)) open = null;
    else open?.push(statement);
  }
  return transactions;
}
