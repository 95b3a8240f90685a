import { notAllowedPauseMs } from './limits.ts';

/** When we are told "too many" without for how long. */
const defaultPauseMs = 5_000;

/** What a call can meet that concerns all of them. */
interface Trouble {
  readonly fault: string;
  readonly retryAfterMs: number | null;
  readonly message: string;
}

/** What a service does not do for us. */
export interface Refusal {
  /** An operation that our key is not allowed (401, 402, 403), or a name that the DNS does not take. */
  readonly subject: string;
  /** Goes on after the service's name, and says what it means for jobs. */
  readonly words: string;
}

/** Whether a service, a provider or the DNS, is to be left alone now. */
export interface Gate {
  /** How long until jobs may call it again, in ms; 0: now. */
  waitMs(): number;
  /** What it holds against us; null: nothing. */
  fault(): 'not-allowed' | 'rate-limited' | null;
  /** What is refused to us. An operation stays refused until a call of it succeeds: that one may list says nothing of its orders. */
  refusals(): readonly Refusal[];
  /** Whether a call of the operation, or about the name, has succeeded at that instant or later. */
  hasSucceededSince(subject: string, at: Date): boolean;
}

export interface WatchedGate extends Gate {
  /** Every call to the service passes here, and settles as the call itself. */
  watched<T>(operation: string, call: Promise<T>): Promise<T>;
}

/**
 * Closes when the service tells us to wait (429), for as long as it said, or refuses our key an operation (401, 402, 403),
 * until a call of it that was made since succeeds. `troubleIn` knows the service's errors. What jobs can do `without` is
 * told when it is refused, and holds nobody back.
 */
export function createGate(
  troubleIn: (error: unknown) => Trouble | null,
  now: () => Date,
  clock: () => number,
  without: readonly string[] = [],
): WatchedGate {
  let limitedUntil = Number.NEGATIVE_INFINITY;
  const refused = new Map<string, { readonly at: number; readonly until: number; readonly message: string }>();
  const succeededAt = new Map<string, Date>();

  const close = (operation: string, { fault, retryAfterMs, message }: Trouble): void => {
    const at = clock();
    if (fault === 'rate-limited') limitedUntil = Math.max(limitedUntil, at + (retryAfterMs ?? defaultPauseMs));
    const pauseMs = without.includes(operation) ? 0 : notAllowedPauseMs;
    if (fault === 'not-allowed') refused.set(operation, { at, until: at + pauseMs, message });
  };
  const waitMs = () =>
    Math.max(0, ...[limitedUntil, ...[...refused.values()].map(({ until }) => until)].map((until) => until - clock()));
  return {
    watched: async (operation, call) => {
      const begunAt = clock();
      try {
        const answer = await call;
        succeededAt.set(operation, now());
        // One that was under way when the key was refused proves nothing; nor does any of a limit's end.
        if (begunAt >= (refused.get(operation)?.at ?? 0)) refused.delete(operation);
        return answer;
      } catch (error) {
        const trouble = troubleIn(error);
        if (trouble) close(operation, trouble);
        throw error;
      }
    },
    waitMs,
    fault: () => {
      if (refused.size > 0) return 'not-allowed';
      return limitedUntil > clock() ? 'rate-limited' : null;
    },
    refusals: () => {
      const effect = waitMs() > 0 ? 'Jobs wait, without using attempts' : 'Jobs go on without it';
      return [...refused].map(([operation, { message }]) => ({
        subject: operation,
        words: `does not allow our key to ${operation}: ${message} ${effect}.`,
      }));
    },
    hasSucceededSince: (subject, at) => {
      const last = succeededAt.get(subject);
      return last !== undefined && last >= at;
    },
  };
}
