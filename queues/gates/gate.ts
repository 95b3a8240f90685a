import { notAllowedPauseMs } from '#queues/limits.ts';

/** When we are told "too many" without for how long. */
const defaultPauseMs = 5_000;
/** A limit that is met again so soon after its end is the same one: jobs come back within seconds. */
const lullMs = 15_000;
/** Shorter limits are everyday. */
const longLimitMs = 60_000;
const limitSubject = 'rate-limit';

/** What a call can meet that concerns all of them. */
interface Trouble {
  readonly fault: string;
  readonly retryAfterMs: number | null;
  readonly message: string;
}

/** What a service does not do for us. */
export interface RefusedOperation {
  /** An operation that our key is not allowed (401, 402, 403), `rate-limit`, or a name that the DNS does not take. */
  readonly subject: string;
  /** Goes on after the service's name, and says what it means for jobs. */
  readonly message: string;
  /** Whether this process tells it for as long as it lasts here; false: for a moment, as news. */
  readonly lasting: boolean;
}

/** Whether a service, a provider or the DNS, is to be left alone now. */
export interface Gate {
  /** How long until jobs may call it again, in ms; 0: now. */
  waitMs(): number;
  /** What it holds against us; null: nothing. */
  fault(): 'not-allowed' | 'rate-limited' | null;
  /**
   * What is refused to us. An operation stays refused until a call of it succeeds: that one may list says nothing of its
   * orders. A limit counts once it has lasted, or is to last, for a minute, also with short breaks.
   */
  refusals(): readonly RefusedOperation[];
  /** Whether what was refused at that instant is over, as far as this process knows: an operation or a name by a success since. */
  isOver(subject: string, refusedAt: Date): boolean;
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
  let limit = { since: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY, message: '' };
  const refused = new Map<string, { readonly at: number; readonly until: number; readonly message: string }>();
  const succeededAt = new Map<string, Date>();

  const close = (operation: string, { fault, retryAfterMs, message }: Trouble): void => {
    const at = clock();
    if (fault === 'rate-limited')
      limit = {
        since: at > limit.until + lullMs ? at : limit.since,
        until: Math.max(limit.until, at + (retryAfterMs ?? defaultPauseMs)),
        message,
      };
    const pauseMs = without.includes(operation) ? 0 : notAllowedPauseMs;
    if (fault === 'not-allowed') refused.set(operation, { at, until: at + pauseMs, message });
  };
  const waitMs = () =>
    Math.max(0, ...[limit.until, ...[...refused.values()].map(({ until }) => until)].map((until) => until - clock()));
  const longLimit = (): RefusedOperation[] => {
    if (!(limit.until - limit.since >= longLimitMs) || clock() > limit.until + lullMs) return [];
    const message = `tells us to wait: ${limit.message} Jobs wait, without using attempts.`;
    return [{ subject: limitSubject, message, lasting: true }];
  };
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
      return limit.until > clock() ? 'rate-limited' : null;
    },
    refusals: () => {
      const effect = waitMs() > 0 ? 'Jobs wait, without using attempts' : 'Jobs go on without it';
      const operations = [...refused].map(([operation, { message }]) => ({
        subject: operation,
        message: `does not allow our key to ${operation}: ${message} ${effect}.`,
        lasting: true,
      }));
      return [...operations, ...longLimit()];
    },
    isOver: (subject, refusedAt) => {
      if (subject === limitSubject) return longLimit().length === 0;
      const last = succeededAt.get(subject);
      return last !== undefined && last >= refusedAt;
    },
  };
}
