import { setImmediate as nextTurn } from 'node:timers/promises';

interface Failure<Operation> {
  readonly operation: Operation;
  readonly error: Error;
  readonly acted: boolean;
  times: number;
}

/** The failures that a test requests, and the bodies that run within calls. */
export interface FakeCalls<Operation> {
  /** Makes a call: waits a turn, runs the bodies, then fails or acts. An abort ends it unless `abandoned` is false. */
  make<T>(call: { operation: Operation; signal: AbortSignal; abandoned?: boolean }, act: () => T): Promise<T>;
  fail(operation: Operation, error: Error, options?: { times?: number; acted?: boolean }): void;
  heal(): void;
  during(operation: Operation, body: () => Promise<void> | void): void;
}

export function createFakeCalls<Operation>(): FakeCalls<Operation> {
  const bodies: { operation: Operation; body: () => Promise<void> | void }[] = [];
  let failures: Failure<Operation>[] = [];
  return {
    make: async ({ operation, signal, abandoned = true }, act) => {
      // Other work runs during every real call.
      await nextTurn();
      for (const one of bodies) if (one.operation === operation) await one.body();
      if (abandoned) signal.throwIfAborted();
      const failure = failures.find((one) => one.operation === operation && one.times > 0);
      if (!failure) return act();
      failure.times -= 1;
      if (failure.acted) act();
      throw failure.error;
    },
    fail: (operation, error, { times = 1, acted = false } = {}) =>
      void failures.push({ operation, error, acted, times }),
    heal: () => {
      failures = [];
    },
    during: (operation, body) => void bodies.push({ operation, body }),
  };
}
