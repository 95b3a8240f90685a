import { readFileSync } from 'node:fs';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { createAlertWatch } from '#queues/alerts/alert-watch.ts';
import { createBoard } from '#queues/board/board.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createLive } from '#queues/bullmq/live.ts';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { openClock } from '#queues/clock/clock.ts';
import { every } from '#queues/every.ts';
import { createProducer } from '#queues/producer.ts';
import { readCatalogue } from '#queues/upkeep/catalogue.ts';
import { readCosts } from '#queues/upkeep/costs.ts';
import { answerWithin } from '#queues/within.ts';
import { type ApiConfig, apiConfig } from './config/api.ts';
import { createApp } from './http/app.ts';
import { boardPath } from './http/board/serve-board.ts';
import { cached } from './http/cached.ts';
import { createReadiness } from './http/readiness.ts';
import { routes } from './http/routes.ts';
import { type Listening, listen } from './http/server.ts';
import type { Services } from './http/services.ts';
import { createStreams } from './http/streams.ts';
import { createLog, type Logger } from './log.ts';
import { type ApiMetrics, createApiMetrics } from './metrics/api.ts';
import { measured } from './metrics/measured.ts';
import { runProcess, type Stop } from './process.ts';
import { assertOpens } from './vpn/assert-opens.ts';
import { createSealer, type Sealer } from './vpn/sealed.ts';

export interface RunningApi {
  readonly url: string;
  readonly port: number;
  /** Says that it is not ready, ends the event streams, lets requests finish, and closes everything. */
  close(): Promise<void>;
}

const clockLookEveryMs = 5_000;
const catalogueFreshMs = 5_000;
const alertsFreshMs = 1_000;
const connectWithinMs = 1_000;
/** Alerts are logged when they come and go, also while nobody asks. */
const alertsEveryMs = 10_000;
const mostStreams = 200;
/** In the dashboard's menu. */
const links = [
  { text: 'API', url: '/docs' },
  { text: 'Alerts', url: '/v1/alerts' },
  { text: 'Sign out', url: '/admin/logout' },
];

/** Starts the API in this process. Throws DatabaseUnusableError, SealedError and ListenError, whose messages say what to do. */
export async function startApi({ config, log }: { config: ApiConfig; log: Logger }): Promise<RunningApi> {
  const metrics = createApiMetrics();
  const store = createStore(measured(await openDatabase(config.databaseUrl), metrics.transactionTook));
  const sealer = createSealer(config.secretsKeys);
  await assertOpens(store, sealer).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const connection = openQueue(config.redisUrl, log);
  // The first look at the alerts would take a Redis that is only being connected for one that does not answer.
  await answerWithin(connectWithinMs, connection.queue.waitUntilReady());
  const clock = await openClock(store.readTime);
  const { now } = clock;
  const services = servicesOf({ config, log, store, sealer, connection, metrics, now });
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const board = createBoard({ connection, store, producer: services.producer, log, now, basePath: boardPath, links });
  const app = createApp({ config, routes, services, version, requestTook: metrics.requestTook, board });
  const release = async () => void (await Promise.all([store.close(), connection.close()]));
  const where = { host: config.host, port: config.port, portVariable: 'PORT' };
  const server = await listen(app, where).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  log.info({ host: config.host, port: server.port }, 'The API is listening');
  const watching = every(alertsEveryMs, services.alerts, (error) =>
    log.warn({ error: String(error) }, 'Alerts cannot be read'),
  );
  const looking = every(clockLookEveryMs, clock.look, (error) =>
    log.warn({ error: String(error) }, "The database's clock cannot be read"),
  );
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.port}`,
    port: server.port,
    close: async () => {
      await drain(server, services, config.shutdownGraceSeconds * 1000);
      await Promise.all([watching.stop(), looking.stop()]);
      await release();
    },
  };
}

interface ServicesDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly connection: QueueConnection;
  readonly metrics: ApiMetrics;
  readonly now: () => Date;
}

function servicesOf({ config, log, store, sealer, connection, metrics, now }: ServicesDeps): Services {
  const live = createLive(connection);
  const watch = createAlertWatch({ store, live, maxServers: config.maxServers, now }, log);
  const alerts = cached(alertsFreshMs, () => watch.look());
  const catalogue = cached(catalogueFreshMs, () => readCatalogue(store));
  const costs = () => readCosts({ store, catalogue, provider: config.provider });
  return {
    ...{ config, store, sealer, live, alerts, log, now },
    producer: createProducer({ store, connection, publisher: createPublisher(connection, now), log }),
    catalogue,
    readiness: createReadiness({ store, live, alerts, now }),
    metrics: () => metrics.scrape({ store, live, alerts, costs, now }),
    streams: createStreams(mostStreams),
  };
}

async function drain(server: Listening, { readiness, streams }: Services, graceMs: number): Promise<void> {
  readiness.stop();
  streams.endAll();
  await server.close(graceMs);
}

/** The process: runs until SIGTERM or SIGINT, and exits 0 once requests have been answered. */
async function main(): Promise<Stop> {
  const config = apiConfig();
  const log = createLog({ process: 'api', level: config.logLevel });
  const api = await startApi({ config, log });
  return async (signal) => {
    log.info({ signal }, 'Stopping: requests may finish');
    await api.close();
    log.info({}, 'Stopped');
  };
}

if (import.meta.main) await runProcess(main);
