import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type ApiAnswer, type ApiClient, createApiClient } from './api-client.ts';
import { type Attempt, newAttempt, tryOnce } from './attempt.ts';

const server = z.object({
  id: z.string(),
  status: z.string(),
  generation: z.number(),
  location: z.string(),
  createdAt: z.coerce.date(),
  updatedAt: z.coerce.date(),
});
const job = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  error: z.string().nullable(),
  attempts: z.number(),
  progress: z.object({ step: z.string(), percent: z.number() }).nullable(),
});
const alerts = z.object({ items: z.array(z.object({ kind: z.string(), subject: z.string(), message: z.string() })) });
type ShownAlert = z.infer<typeof alerts>['items'][number];
export type ShownServer = z.infer<typeof server>;
export type ShownJob = z.infer<typeof job>;

interface CommandOptions {
  readonly location?: string;
  readonly retryForMs?: number;
}

/** A client of the API that records every command in a book. */
export interface Shop {
  readonly book: readonly Attempt[];
  /**
   * Retries with the same key for `retryForMs` (30 s) while there is no answer. Never throws for an answer of the API.
   */
  buy(options?: CommandOptions): Promise<Attempt>;
  rebuild(serverId: string, options?: CommandOptions): Promise<Attempt>;
  suspend(serverId: string, options?: Pick<CommandOptions, 'retryForMs'>): Promise<Attempt>;
  resume(serverId: string, options?: Pick<CommandOptions, 'retryForMs'>): Promise<Attempt>;
  destroy(serverId: string, options?: Pick<CommandOptions, 'retryForMs'>): Promise<Attempt>;
  /** Resolves with null if the API does not answer 200. */
  server(id: string): Promise<ShownServer | null>;
  job(id: string): Promise<ShownJob | null>;
  alerts(): Promise<ShownAlert[] | null>;
  /** Resolves with the server once it has this status; rejects after `withinMs` (120 s). */
  until(serverId: string, status: string, withinMs?: number): Promise<ShownServer>;
  /** Removes an unknown machine as an operator, who must give its name. Throws if the API refuses. */
  removeMachine(id: string, name: string): Promise<void>;
  /** The API's metrics in Prometheus' format. */
  metrics(): Promise<string>;
  get(path: string): Promise<ApiAnswer>;
  /** Sends a command without recording it in the book, because it must be refused or leaves no trace. */
  post(path: string, body: unknown, key?: string): Promise<ApiAnswer>;
  /** Adds a purchase to the book that reaches the service another way. */
  record(attempt: Attempt): void;
}

const lookEveryMs = 250;

/** A client of these APIs. It uses one API until a call fails, then the next one. */
export function openShop(apiUrls: readonly string[], secret: string): Shop {
  const client = createApiClient(apiUrls, secret);
  const get = (path: string) => client.call('GET', path);
  return {
    ...commands(client),
    server: (id) => readServer(client, id),
    job: (id) => read(client, `/v1/jobs/${id}`, job),
    alerts: async () => (await read(client, '/v1/alerts', alerts))?.items ?? null,
    until: async (id, status, withinMs = 120_000) => {
      const giveUpAt = performance.now() + withinMs;
      for (;;) {
        const found = await readServer(client, id);
        if (found?.status === status) return found;
        if (performance.now() > giveUpAt)
          throw new Error(`${id} is ${found?.status ?? 'not shown'}, not ${status}, after ${withinMs / 1000} s.`);
        await delay(lookEveryMs);
      }
    },
    removeMachine: async (id, name) => {
      const { status, body } = await client.call('POST', `/v1/machines/${id}/remove`, { body: { name } });
      if (status !== 202) throw new Error(`The removal of ${name} was answered ${status}: ${JSON.stringify(body)}`);
    },
    metrics: client.metrics,
    get,
    post: (path, body, key) => client.call('POST', path, { body, ...(key !== undefined && { key }) }),
  };
}

type Commands = Pick<Shop, 'book' | 'record' | 'buy' | 'rebuild' | 'suspend' | 'resume' | 'destroy'>;

function commands(client: ApiClient): Commands {
  const book: Attempt[] = [];
  const request = (attempt: Attempt, send: () => Promise<ApiAnswer>, retryForMs = 30_000) => {
    book.push(attempt);
    return retryWhileUnknown(client, attempt, { send, retryForMs });
  };
  return {
    book,
    record: (attempt) => void book.push(attempt),
    buy: ({ location = 'fra', retryForMs } = {}) => {
      const attempt = newAttempt({ kind: 'purchase', serverId: null, location });
      const body = { customer: `chaos-${book.length}`, location, reference: attempt.key };
      return request(attempt, () => client.call('POST', '/v1/purchases', { key: attempt.key, body }), retryForMs);
    },
    rebuild: (id, { location = 'ams', retryForMs } = {}) => {
      const attempt = newAttempt({ kind: 'rebuild', serverId: id, location });
      const options = { key: attempt.key, body: { location } };
      return request(attempt, () => client.call('POST', `/v1/servers/${id}/rebuild`, options), retryForMs);
    },
    suspend: (id, { retryForMs } = {}) => {
      const attempt = newAttempt({ kind: 'suspend', serverId: id, location: null });
      const options = { key: attempt.key, body: { reason: 'chaos' } };
      return request(attempt, () => client.call('POST', `/v1/servers/${id}/suspend`, options), retryForMs);
    },
    resume: (id, { retryForMs } = {}) => {
      const attempt = newAttempt({ kind: 'resume', serverId: id, location: null });
      return request(attempt, () => client.call('POST', `/v1/servers/${id}/resume`, { key: attempt.key }), retryForMs);
    },
    destroy: (id, { retryForMs } = {}) => {
      const attempt = newAttempt({ kind: 'destroy', serverId: id, location: null });
      return request(attempt, () => client.call('DELETE', `/v1/servers/${id}`, { key: attempt.key }), retryForMs);
    },
  };
}

async function retryWhileUnknown(
  client: ApiClient,
  attempt: Attempt,
  { send, retryForMs }: { send: () => Promise<ApiAnswer>; retryForMs: number },
): Promise<Attempt> {
  const giveUpAt = performance.now() + retryForMs;
  do {
    await tryOnce(attempt, send);
    if (attempt.outcome !== 'unknown') return attempt;
    client.switchApi();
    await delay(200);
  } while (performance.now() < giveUpAt);
  return attempt;
}

function readServer(client: ApiClient, id: string): Promise<ShownServer | null> {
  return read(client, `/v1/servers/${id}`, server);
}

async function read<T>(client: ApiClient, path: string, shape: z.ZodType<T>): Promise<T | null> {
  const answer = await client.call('GET', path).catch(() => null);
  return answer?.status === 200 ? shape.parse(answer.body) : null;
}
