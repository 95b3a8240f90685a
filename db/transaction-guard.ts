import { AsyncLocalStorage } from 'node:async_hooks';

const openTransaction = new AsyncLocalStorage<string>();

/** Runs `body` as the named transaction, for `assertNoTransaction`. */
export function insideTransaction<R>(name: string, body: () => R): R {
  return openTransaction.run(name, body);
}

/** Throws if a transaction is open. Every slow call (provider, DNS, Redis, HTTP) starts with this check. */
export function assertNoTransaction(what: string): void {
  const name = openTransaction.getStore();
  if (name !== undefined) throw new Error(`A ${what} inside the transaction ${name}: settle first, then call.`);
}
