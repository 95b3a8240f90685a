import { AsyncLocalStorage } from 'node:async_hooks';

const openTransaction = new AsyncLocalStorage<string>();

/** Runs `body` as the named transaction, for `assertNoTransaction`. */
export function insideTransaction<R>(name: string, body: () => R): R {
  return openTransaction.run(name, body);
}

/** Throws if a transaction is open. Every slow call (provider, DNS, publishing) starts with this check. */
export function assertNoTransaction(call: string): void {
  const name = openTransaction.getStore();
  if (name !== undefined)
    throw new Error(`A ${call} inside the transaction ${name} is not allowed. Make it after the commit.`);
}
