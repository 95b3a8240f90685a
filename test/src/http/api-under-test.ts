import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Alert } from '#queues/alerts/current-alerts.ts';
import type { Live, LiveJob, LiveQueue } from '#queues/bullmq/live.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import type { Producer } from '#queues/producer.ts';
import { parseTokens } from '#src/config/tokens.ts';
import { createApp } from '#src/http/app.ts';
import { createReadiness } from '#src/http/readiness.ts';
import type { Route } from '#src/http/route.ts';
import { routes as allRoutes } from '#src/http/routes.ts';
import { listen } from '#src/http/server.ts';
import type { Services } from '#src/http/services.ts';
import { createStreams } from '#src/http/streams.ts';
import { createLog } from '#src/log.ts';
import { sealer } from '../../secrets-key.ts';

export const secrets = { storefront: 'shop-secret', viewer: 'look-secret', operator: 'boss-secret' } as const;
export type As = keyof typeof secrets | 'nobody';

export const tokens = parseTokens(
  [`shop:storefront:${secrets.storefront}`, `look:viewer:${secrets.viewer}`, `boss:operator:${secrets.operator}`],
  { source: 'the tests', shortestSecret: 1 },
).tokens;

/** What the queue and the provider would say; a test changes it as it goes. */
export interface Surroundings {
  jobs: Map<string, LiveJob>;
  queue: LiveQueue | null;
  alerts: Alert[];
  catalogue: Catalogue | null;
  /** How often the queue was asked about a job. */
  looks: number;
  /** Lines of the log. */
  readonly log: Record<string, unknown>[];
}

export interface TestApi {
  readonly url: string;
  readonly port: number;
  readonly databaseFile: string;
  readonly store: Store;
  readonly surroundings: Surroundings;
  readonly services: Services;
  call(method: string, path: string, options?: CallOptions): Promise<Answered>;
  /** Buys a server as the storefront; its ids. */
  buy(order?: Record<string, unknown>): Promise<{ serverId: string; jobId: string }>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly as?: As;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where that is not there.
  readonly body: any;
  readonly text: string;
}

const calmQueue: LiveQueue = {
  paused: false,
  counts: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
  workers: 1,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  isFull: false,
  isReadOnly: false,
};

export interface ApiOptions {
  readonly routes?: readonly Route[];
  readonly rateLimitPerMinute?: number;
  readonly rateLimitPerAddress?: number;
  readonly mostStreams?: number;
  readonly maxServers?: number | null;
  readonly dns?: Services['config']['dns'];
}

/** The real API over a real SQLite file, with a queue that only remembers what it was told. */
export async function startTestApi(options: ApiOptions = {}): Promise<TestApi> {
  const { routes = allRoutes, maxServers = null, mostStreams = 20, dns = 'none' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-api-'));
  const databaseFile = join(folder, 'api.db');
  const store = createStore(await openDatabase(`file:${databaseFile}`));
  const surroundings: Surroundings = {
    jobs: new Map(),
    queue: calmQueue,
    alerts: [],
    catalogue: null,
    looks: 0,
    log: [],
  };
  const services = servicesOf(store, surroundings, { maxServers, mostStreams, dns });
  const { rateLimitPerMinute = 1_000_000, rateLimitPerAddress = 1_000_000 } = options;
  const app = createApp({
    config: { tokens, rateLimitPerMinute, rateLimitPerAddress, trustProxy: 0 },
    ...{ routes, services, version: '0.0.0', requestTook: () => undefined },
    board: { serve: (_user, _request, response) => void response.end('the board') },
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0, portVariable: 'PORT' });
  const url = `http://127.0.0.1:${server.port}`;
  const call = (method: string, path: string, given: CallOptions = {}) =>
    callAndCheck(url, routes, method, path, given);
  let bought = 0;
  return {
    ...{ url, port: server.port, databaseFile, store, surroundings, services, call },
    buy: async (order = {}) => {
      const headers = { 'idempotency-key': `buy-${++bought}` };
      const body = { customer: 'c-1', location: 'ams', ...order };
      const { body: done } = await call('POST', '/v1/purchases', { as: 'storefront', body, headers });
      return { serverId: done.server.id, jobId: done.job.id };
    },
    close: async () => {
      services.streams.endAll();
      await server.close(1_000);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function servicesOf(
  store: Store,
  surroundings: Surroundings,
  { maxServers, mostStreams, dns }: Required<Pick<ApiOptions, 'maxServers' | 'mostStreams' | 'dns'>>,
): Services {
  const live: Live = {
    job: async (id) => {
      surroundings.looks += 1;
      return surroundings.jobs.get(id) ?? null;
    },
    queue: async () => surroundings.queue,
  };
  const destination = { write: (line: string) => void surroundings.log.push(JSON.parse(line)) };
  const alerts = async () => surroundings.alerts;
  const now = () => new Date();
  return {
    sealer,
    config: { provider: 'simulator', domain: 'vpn.test', dns, defaultPlan: 'vc2-1c-1gb', maxServers },
    ...{ store, live, alerts, now, producer: recordingProducer(store) },
    catalogue: async () => surroundings.catalogue,
    readiness: createReadiness({ store, live, alerts, now }),
    metrics: async () => ({ contentType: 'text/plain', text: 'ghostifi_test 1\n' }),
    streams: createStreams(mostStreams),
    log: createLog({ process: 'test', level: 'debug', destination }),
  };
}

/** Records as the real one does, and tells no queue. */
function recordingProducer(store: Store): Producer {
  return {
    purchase: store.recordPurchase,
    rebuild: ({ serverId, location }, actor, command) => store.recordRebuild(serverId, location, actor, command),
    destroy: store.recordDestroy,
    retry: store.recordRetry,
    cancel: store.recordCancel,
  };
}

/** Calls, and holds every answer against what the route declares and every refusal against RFC 9457. */
async function callAndCheck(
  url: string,
  routes: readonly Route[],
  method: string,
  path: string,
  { as = 'operator', body, headers = {} }: CallOptions,
): Promise<Answered> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(as !== 'nobody' && { authorization: `Bearer ${secrets[as]}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text, text };
  const declared = declaredAnswer(routes, method, path, response.status);
  if (declared) declared.parse(answer.body);
  else if (response.status >= 400 && method !== 'HEAD') expectProblem(answer);
  return answer;
}

function declaredAnswer(routes: readonly Route[], method: string, path: string, status: number): z.ZodType | null {
  const [pathname = ''] = path.split('?');
  const route = routes.find(
    (route) =>
      route.method === method.toLowerCase() &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  const body = route?.answers[status]?.body;
  return body instanceof z.ZodObject ? body.strict() : (body ?? null);
}

/** Every refusal is a problem document with the request's id, and says nothing of the inside. */
export function expectProblem({ status, headers, body, text }: Answered): void {
  expect(headers.get('content-type'), text).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({
    type: expect.stringMatching(/^urn:ghostifi:problem:[a-z-]+$/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.any(String),
    requestId: headers.get('x-request-id'),
  });
  expect(text).not.toMatch(/node_modules|at .*\.ts|SQLITE|stack|-secret/);
}
