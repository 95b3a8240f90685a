import { createRateLimit, rateLimitSubject } from './rate-limit.ts';
import { createRefusedOperations, type RefusedOperation } from './refused-operations.ts';

/** Whether jobs may call a service, the provider or the DNS. */
export interface Gate {
  /** How long until jobs may call the service again, in ms; 0: now. */
  waitMs(): number;
  /** Why the service refuses calls; null: it does not. */
  fault(): 'not-allowed' | 'rate-limited' | null;
  /**
   * Everything that the service refuses. An operation stays refused until a call of the same operation succeeds: a
   * key that may list machines may still not order them. A rate limit is included once it lasts, or will last, for a
   * minute; short breaks do not end it.
   */
  refusals(): readonly RefusedOperation[];
  /**
   * Whether a refusal from that instant is over, as far as this process can see: the operation or name has succeeded
   * since, or the limit has ended.
   */
  isOver(subject: string, refusedAt: Date): boolean;
}

export interface ObservingGate extends Gate {
  /** Records the result of a call to the service, and settles as the call itself does. */
  observe<T>(operation: string, call: Promise<T>): Promise<T>;
}

/** The part of a service's error that matters to the gate. */
interface ServiceError {
  readonly fault: string;
  readonly retryAfterMs: number | null;
  readonly message: string;
}

export interface GateOptions {
  /** null: the error does not come from the service. */
  readonly serviceErrorOf: (error: unknown) => ServiceError | null;
  readonly now: () => Date;
  /** Monotonic, in ms. */
  readonly clock: () => number;
  /** A refusal of these operations raises an alert and does not close the gate. */
  readonly optional?: readonly string[];
}

/**
 * Creates a gate. A 429 closes it for as long as the service asks. A refusal of an operation to the key (401, 402, 403)
 * closes it for a minute, or until a later call of that operation succeeds.
 */
export function createGate({ serviceErrorOf, now, clock, optional = [] }: GateOptions): ObservingGate {
  const limit = createRateLimit(clock);
  const operations = createRefusedOperations({ now, clock, optional });
  const waitMs = () => Math.max(limit.waitMs(), operations.waitMs());
  return {
    observe: async (operation, call) => {
      const begunAt = clock();
      try {
        const answer = await call;
        operations.succeed(operation, begunAt);
        return answer;
      } catch (error) {
        const refusal = serviceErrorOf(error);
        if (refusal?.fault === 'rate-limited') limit.extend(refusal);
        if (refusal?.fault === 'not-allowed') operations.refuse(operation, refusal.message);
        throw error;
      }
    },
    waitMs,
    fault: () => {
      if (operations.any()) return 'not-allowed';
      return limit.waitMs() > 0 ? 'rate-limited' : null;
    },
    refusals: () => {
      const effect = waitMs() > 0 ? 'Jobs wait, without using attempts' : 'Jobs continue without it';
      const limited = limit.refusal();
      return [...operations.list(effect), ...(limited ? [limited] : [])];
    },
    isOver: (subject, refusedAt) =>
      subject === rateLimitSubject ? limit.refusal() === null : operations.succeededSince(subject, refusedAt),
  };
}
