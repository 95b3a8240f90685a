import { AsyncLocalStorage } from 'node:async_hooks';

const openTransaction = new AsyncLocalStorage<string>();

/** Runs `body` as the named transaction, so that `assertNoTransaction` can tell. */
export function insideTransaction<R>(name: string, body: () => R): R {
  return openTransaction.run(name, body);
}

/** Throws where a slow call (provider, DNS, Redis, HTTP) would be made while a transaction of ours is open. */
export function assertNoTransaction(what: string): void {
  const name = openTransaction.getStore();
  if (name !== undefined) throw new Error(`A ${what} inside the transaction ${name}: settle first, then call.`);
}
