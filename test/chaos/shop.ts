import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { watchOwnDelay } from './own-delay.ts';

const commanded = z.object({
  server: z.object({ id: z.string() }),
  job: z.object({ id: z.string(), kind: z.string() }),
});
const server = z.object({
  ...{ id: z.string(), status: z.string(), generation: z.number(), location: z.string() },
  ...{ createdAt: z.coerce.date(), updatedAt: z.coerce.date() },
});
const job = z.object({
  ...{ id: z.string(), kind: z.string(), state: z.string(), error: z.string().nullable(), attempts: z.number() },
  progress: z.object({ step: z.string(), percent: z.number() }).nullable(),
});
const alerts = z.object({ items: z.array(z.object({ kind: z.string(), subject: z.string(), message: z.string() })) });
type ShownAlert = z.infer<typeof alerts>['items'][number];
export type ShownServer = z.infer<typeof server>;
export type ShownJob = z.infer<typeof job>;

/** One thing that a client asked for, and what it was told. */
export interface Attempt {
  readonly kind: 'purchase' | 'rebuild' | 'destroy';
  /** Its Idempotency-Key. */
  readonly key: string;
  /** First, by `Date.now()`. */
  readonly askedAt: number;
  /** Where the machine is to be; null: a destroy. */
  readonly location: string | null;
  /** Known of a purchase once it is acknowledged. */
  serverId: string | null;
  jobId: string | null;
  /** unknown: no answer came, or a 5xx; whether it counts is not known. */
  outcome: 'acknowledged' | 'refused' | 'unknown';
  /** Calls that it took. */
  tries: number;
  /** Of the slowest call, without what this process itself stood still meanwhile. */
  slowestMs: number;
  /** Why the last call that was not acknowledged was not. */
  why: string | null;
}

/** A client of the API that keeps a book of all that it asked for. */
export interface Shop {
  readonly book: readonly Attempt[];
  /** Tries again with the same key while no answer comes, for `retryForMs` (30 s). Never throws for what the API says. */
  buy(options?: { location?: string; retryForMs?: number }): Promise<Attempt>;
  rebuild(serverId: string, options?: { location?: string; retryForMs?: number }): Promise<Attempt>;
  destroy(serverId: string, options?: { retryForMs?: number }): Promise<Attempt>;
  /** null: the API does not say. */
  server(id: string): Promise<ShownServer | null>;
  job(id: string): Promise<ShownJob | null>;
  alerts(): Promise<ShownAlert[] | null>;
  /** Resolves with the server once its status is this; rejects after `withinMs` (120 s). */
  until(serverId: string, status: string, withinMs?: number): Promise<ShownServer>;
  /** As an operator, who names it; throws where that is refused. */
  removeMachine(id: string, name: string): Promise<void>;
  /** What Prometheus would read. */
  metrics(): Promise<string>;
  get(path: string): Promise<Answer>;
  /** What the book does not hold, because it is to be refused or to leave no trace. */
  post(path: string, body: unknown): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const callTimeoutMs = 10_000;
const lookEveryMs = 250;

/** A client of these APIs: it keeps to one until a call of that fails, and then takes the next. */
export function openShop(apiUrls: readonly string[], secret: string): Shop {
  let turn = 0;
  const book: Attempt[] = [];
  const call = async (method: string, path: string, options: { key?: string; body?: unknown } = {}) => {
    const url = apiUrls[turn % apiUrls.length];
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(options.key && { 'idempotency-key': options.key }),
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      signal: AbortSignal.timeout(callTimeoutMs),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  const get = (path: string) => call('GET', path);
  const shown = async <T>(path: string, shape: z.ZodType<T>): Promise<T | null> => {
    const answer = await get(path).catch(() => null);
    return answer?.status === 200 ? shape.parse(answer.body) : null;
  };

  const ask = async (attempt: Attempt, send: () => ReturnType<typeof call>, retryForMs: number): Promise<Attempt> => {
    book.push(attempt);
    const giveUpAt = performance.now() + retryForMs;
    do {
      await tryOnce(attempt, send);
      if (attempt.outcome !== 'unknown') return attempt;
      turn++;
      await delay(200);
    } while (performance.now() < giveUpAt);
    return attempt;
  };
  const attemptOf = (given: Pick<Attempt, 'kind' | 'serverId' | 'location'>): Attempt => ({
    ...{ ...given, key: randomUUID(), askedAt: Date.now(), jobId: null, outcome: 'unknown' as const },
    ...{ tries: 0, slowestMs: 0, why: null },
  });
  return {
    book,
    buy: ({ location = 'fra', retryForMs = 30_000 } = {}) => {
      const attempt = attemptOf({ kind: 'purchase', serverId: null, location });
      const body = { customer: `chaos-${book.length}`, location, reference: attempt.key };
      return ask(attempt, () => call('POST', '/v1/purchases', { key: attempt.key, body }), retryForMs);
    },
    rebuild: (id, { location = 'ams', retryForMs = 30_000 } = {}) => {
      const attempt = attemptOf({ kind: 'rebuild', serverId: id, location });
      const send = () => call('POST', `/v1/servers/${id}/rebuild`, { key: attempt.key, body: { location } });
      return ask(attempt, send, retryForMs);
    },
    destroy: (id, { retryForMs = 30_000 } = {}) => {
      const attempt = attemptOf({ kind: 'destroy', serverId: id, location: null });
      return ask(attempt, () => call('DELETE', `/v1/servers/${id}`, { key: attempt.key }), retryForMs);
    },
    server: (id) => shown(`/v1/servers/${id}`, server),
    job: (id) => shown(`/v1/jobs/${id}`, job),
    alerts: async () => (await shown('/v1/alerts', alerts))?.items ?? null,
    until: async (id, status, withinMs = 120_000) => {
      const giveUpAt = performance.now() + withinMs;
      for (;;) {
        const found = await shown(`/v1/servers/${id}`, server);
        if (found?.status === status) return found;
        if (performance.now() > giveUpAt)
          throw new Error(`${id} is ${found?.status ?? 'not shown'}, not ${status}, after ${withinMs / 1000} s.`);
        await delay(lookEveryMs);
      }
    },
    removeMachine: async (id, name) => {
      const { status, body } = await call('POST', `/v1/machines/${id}/remove`, { body: { name } });
      if (status !== 202) throw new Error(`The removal of ${name} was answered ${status}: ${JSON.stringify(body)}`);
    },
    metrics: async () => {
      const headers = { authorization: `Bearer ${secret}` };
      return (await fetch(`${apiUrls[0]}/metrics`, { headers, signal: AbortSignal.timeout(callTimeoutMs) })).text();
    },
    get,
    post: (path, body) => call('POST', path, { body }),
  };
}

async function tryOnce(attempt: Attempt, send: () => Promise<Answer>): Promise<void> {
  const askedAt = performance.now();
  const ownDelay = watchOwnDelay();
  attempt.tries++;
  try {
    const { status, body } = await send();
    if (status === 202) {
      const { server, job } = commanded.parse(body);
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
