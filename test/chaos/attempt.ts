import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ApiAnswer } from './api-client.ts';
import { watchOwnDelay } from './own-delay.ts';

/** One request of the client, with its answer. */
export interface Attempt {
  readonly kind: 'purchase' | 'rebuild' | 'suspend' | 'resume' | 'destroy';
  /** Its Idempotency-Key. */
  readonly key: string;
  /** The time of the first call, by `Date.now()`. */
  readonly askedAt: number;
  /** The requested location of the machine; null for the other commands. */
  readonly location: string | null;
  /** null for a purchase that is not acknowledged yet. */
  serverId: string | null;
  jobId: string | null;
  /** unknown: there was no answer, or a 5xx, so the request may have taken effect. */
  outcome: 'acknowledged' | 'refused' | 'unknown';
  /** The number of calls. */
  tries: number;
  /** The duration of the slowest call, less the time that this process itself stood still. */
  slowestMs: number;
  /** The reason why the last failed call was not acknowledged. */
  why: string | null;
}

const acknowledgement = z.object({
  server: z.object({ id: z.string() }),
  job: z.object({ id: z.string(), kind: z.string() }),
});

export function newAttempt({ kind, serverId, location }: Pick<Attempt, 'kind' | 'serverId' | 'location'>): Attempt {
  return {
    kind,
    serverId,
    location,
    key: randomUUID(),
    askedAt: Date.now(),
    jobId: null,
    outcome: 'unknown',
    tries: 0,
    slowestMs: 0,
    why: null,
  };
}

/** Sends the request once and records the answer in the attempt. Never throws. */
export async function tryOnce(attempt: Attempt, send: () => Promise<ApiAnswer>): Promise<void> {
  const askedAt = performance.now();
  const ownDelay = watchOwnDelay();
  attempt.tries++;
  try {
    const { status, body } = await send();
    if (status === 202) {
      const { server, job } = acknowledgement.parse(body);
      Object.assign(attempt, { outcome: 'acknowledged', serverId: server.id, jobId: job.id });
      return;
    }
    attempt.why = `${status}: ${JSON.stringify(body)}`;
    if (status < 500) attempt.outcome = 'refused';
  } catch (error) {
    attempt.why = error instanceof Error ? `${error.message} ${error.cause ?? ''}` : String(error);
  } finally {
    attempt.slowestMs = Math.max(attempt.slowestMs, performance.now() - askedAt - ownDelay());
  }
}
