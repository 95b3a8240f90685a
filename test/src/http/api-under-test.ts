import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyNamed } from '#db/events.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Alert } from '#queues/alerts/alert.ts';
import type { BoardUser } from '#queues/board/retry.ts';
import type { Live, LiveJob, LiveQueue } from '#queues/bullmq/live.ts';
import { QueueUnreachableError } from '#queues/bullmq/queue-switch.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { createRecorder } from '#queues/producer.ts';
import { shownSettings } from '#src/config/shown-settings.ts';
import { parseTokens } from '#src/config/tokens.ts';
import { createApp } from '#src/http/app.ts';
import type { Route } from '#src/http/route.ts';
import { routes as allRoutes } from '#src/http/routes.ts';
import { listen } from '#src/http/server.ts';
import { createReadiness } from '#src/http/services/readiness.ts';
import type { Services } from '#src/http/services/services.ts';
import { createStreams } from '#src/http/services/streams.ts';
import { openWebhooksDesk } from '#src/http/services/webhooks.ts';
import { createKeyRing } from '#src/keys/key-ring.ts';
import { createLog } from '#src/log.ts';
import { createSealer, linkTokens } from '#src/vpn/sealed.ts';
import { sealer, secretsKeys } from '../../secrets-key.ts';
import { type Answered, type CallOptions, callAndCheck, secrets } from './call-and-check.ts';

export const tokens = parseTokens(
  [`shop:storefront:${secrets.storefront}`, `look:viewer:${secrets.viewer}`, `boss:operator:${secrets.operator}`],
  'the tests',
).tokens;

/** The state of the fake queue and provider. A test may change it at any time. */
export interface Surroundings {
  jobs: Map<string, LiveJob>;
  /** The logs of jobs. */
  logs: Map<string, readonly string[]>;
  /** Redis answers which jobs run. */
  hasRedis: boolean;
  queue: LiveQueue | null;
  alerts: Alert[];
  catalogue: Catalogue | null;
  /** The number of reads of a job from the queue. */
  looks: number;
  /** The users of the dashboard's requests. */
  readonly boardUsers: BoardUser[];
  /** The log's lines, parsed. */
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
  /** Buys a server as the storefront. Returns its id and its job's. */
  buy(order?: Record<string, unknown>): Promise<{ serverId: string; jobId: string }>;
  close(): Promise<void>;
}

const calmQueue: LiveQueue = {
  paused: false,
  counts: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
  workers: 1,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  memoryUsed: 0,
  cannotSave: false,
  isReadOnly: false,
  isCluster: false,
  forbidden: [],
  error: null,
};

export interface ApiOptions {
  readonly routes?: readonly Route[];
  readonly rateLimitPerMinute?: number;
  readonly rateLimitPerAddress?: number;
  /** The share of one token and of one address is half of it. */
  readonly maxStreams?: number;
  readonly maxServers?: number | null;
  readonly dns?: Services['config']['dns'];
  readonly publicUrl?: string;
  /** Not given: customers do not pay with Stripe. */
  readonly webhookAddresses?: 'allow' | 'refuse';
  readonly payments?: (store: Store) => Services['payments'];
  /** The number of reverse proxies in front. */
  readonly trustProxy?: number;
}

/** The real API over a real SQLite file. Its queue stores nothing; the test sets what the queue answers. */
export async function startTestApi(options: ApiOptions = {}): Promise<TestApi> {
  const { routes = allRoutes } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-api-'));
  const databaseFile = join(folder, 'api.db');
  const store = createStore(await openDatabase(`file:${databaseFile}`));
  const surroundings = calmSurroundings();
  const services = servicesOf(store, surroundings, options);
  const server = await listen(appOf(services, surroundings, options), {
    host: '127.0.0.1',
    port: 0,
    portVariable: 'PORT',
    log: services.log,
  });
  const url = `http://127.0.0.1:${server.port}`;
  const call: TestApi['call'] = (method, path, given = {}) => callAndCheck(routes, { ...given, url, method, path });
  return {
    url,
    port: server.port,
    databaseFile,
    store,
    surroundings,
    services,
    call,
    buy: buyer(call),
    close: async () => {
      services.streams.endAll();
      await server.close(1_000);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function calmSurroundings(): Surroundings {
  return {
    jobs: new Map(),
    logs: new Map(),
    hasRedis: true,
    queue: calmQueue,
    alerts: [],
    catalogue: null,
    looks: 0,
    boardUsers: [],
    log: [],
  };
}

function appOf(services: Services, { boardUsers }: Surroundings, options: ApiOptions) {
  const {
    routes = allRoutes,
    rateLimitPerMinute = 1_000_000,
    rateLimitPerAddress = 1_000_000,
    trustProxy = 0,
  } = options;
  return createApp({
    config: { tokens, secretsKeys, rateLimitPerMinute, rateLimitPerAddress, trustProxy },
    routes,
    services,
    version: '0.0.0',
    requestTook: () => undefined,
    board: {
      serve: (user, { response }) => {
        boardUsers.push(user);
        response.end('the board');
      },
    },
  });
}

function buyer(call: TestApi['call']): TestApi['buy'] {
  let bought = 0;
  return async (order = {}) => {
    const headers = { 'idempotency-key': `buy-${++bought}` };
    const body = { customer: 'c-1', location: 'ams', ...order };
    const { body: done } = await call('POST', '/v1/purchases', { as: 'storefront', body, headers });
    return { serverId: done.server.id, jobId: done.job.id };
  };
}

function servicesOf(store: Store, surroundings: Surroundings, options: ApiOptions): Services {
  const { maxServers = null, maxStreams = 20, dns = 'none', publicUrl = null } = options;
  const live = liveOf(surroundings);
  const destination = { write: (line: string) => void surroundings.log.push(JSON.parse(line)) };
  const alerts = async () => surroundings.alerts;
  const now = () => new Date();
  const log = createLog({ process: 'test', level: 'debug', destination });
  return {
    sealer,
    linkTokens: createSealer(secretsKeys, linkTokens),
    keys: createKeyRing({ store, log, now }),
    config: {
      tokens,
      provider: 'simulator',
      domain: 'vpn.test',
      dns,
      defaultPlan: 'vc2-1c-1gb',
      maxServers,
      publicUrl,
    },
    program: { version: '0.0.0', settings: shownSettings({ DEFAULT_PLAN: 'vc2-1c-1gb' }, 'api') },
    store,
    live,
    switchQueue: async (change) => {
      if (!surroundings.queue) throw new QueueUnreachableError('Redis did not confirm.');
      surroundings.queue = { ...surroundings.queue, paused: change.paused };
      const { requestId, ...switched } = change;
      const actor = { requestedBy: keyNamed(change.by), requestId, now: now() };
      await store.changeQueue({ queue: 'servers', ...switched }, actor);
    },
    alerts,
    now,
    payments: options.payments?.(store) ?? null,
    webhooks: openWebhooksDesk({ secretsKeys, webhookAddresses: options.webhookAddresses ?? 'refuse' }),
    producer: createRecorder(store),
    catalogue: async () => surroundings.catalogue,
    readiness: createReadiness({ store, live, alerts, now }),
    metrics: async () => ({ contentType: 'text/plain', text: 'ghostifi_test 1\n' }),
    streams: createStreams({ total: maxStreams, share: maxStreams / 2 }),
    log,
  };
}

function runningIn({ jobs, hasRedis }: Surroundings): string[] | null {
  return hasRedis ? [...jobs].filter(([, { running }]) => running).map(([id]) => id) : null;
}

function liveOf(surroundings: Surroundings): Live {
  return {
    fault: () => null,
    running: async () => runningIn(surroundings),
    log: async (id) => surroundings.logs.get(id) ?? null,
    job: async (id) => {
      surroundings.looks += 1;
      return surroundings.jobs.get(id) ?? null;
    },
    queue: async () => surroundings.queue,
  };
}
