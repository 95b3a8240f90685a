import { randomUUID } from 'node:crypto';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { announceAlerts } from '#queues/alerts/announce.ts';
import { createBoard } from '#queues/board/board.ts';
import { openNewsQueue, openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { assertUsable } from '#queues/bullmq/usable.ts';
import { type Clock, openClock } from '#queues/clock/clock.ts';
import { every, type Repeating } from '#queues/every.ts';
import { foldCustomers } from '#queues/upkeep/fold-customers.ts';
import { answerWithin } from '#queues/within.ts';
import { type ApiConfig, apiConfig } from './config/api.ts';
import { diskEvents } from './disk-events.ts';
import { createApp } from './http/app.ts';
import { boardPath, boardLinks as links } from './http/board/paths.ts';
import { limitsBehind } from './http/connection-limits.ts';
import { routes } from './http/routes.ts';
import { type Listening, listen } from './http/server.ts';
import { createServices, type ServicesDeps } from './http/services/create-services.ts';
import { openPaymentsDesk } from './http/services/payments.ts';
import type { Services } from './http/services/services.ts';
import { createLog, type Logger } from './log.ts';
import { type ApiMetrics, createApiMetrics } from './metrics/api.ts';
import { measured } from './metrics/measured.ts';
import { prepareConnections } from './outgoing/prepare.ts';
import { runProcess, type Stop } from './process.ts';
import { type KeyWatch, raiseKeyAlerts, watchKeys } from './vpn/key-watch.ts';
import { createSealer, type Sealer } from './vpn/sealed.ts';
import { assertAllOpen } from './webhooks/assert-all-open.ts';

export interface RunningApi {
  readonly url: string;
  readonly port: number;
  /** Reports not ready, ends the event streams, lets requests finish, and closes everything. */
  close(): Promise<void>;
}

interface ApiDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
}

const clockReadEveryMs = 5_000;
const connectWithinMs = 1_000;
/** After an upgrade of a large database, the rest is folded while the API serves. */
const foldWithinMs = 3_000;
/** How often the alerts are read, so that the log shows when each was raised and cleared. */
const alertsEveryMs = 10_000;
const keyAlertsEveryMs = 5_000;

/** Starts the API in this process. Throws an OperatorError if it can never run with these settings. */
export async function startApi({ config, log }: ApiDeps): Promise<RunningApi> {
  const metrics = createApiMetrics();
  const keys = watchKeys(createSealer(config.secretsKeys), 'API process');
  const { sealer } = keys;
  const store = await openStore({ config, log, sealer, metrics });
  const connection = openQueue(config.redis, log);
  const release = async () => void (await Promise.all([store.close(), connection.close()]));
  const releaseAndThrow = async (error: unknown) => {
    await release();
    throw error;
  };
  // Otherwise the first check of the alerts would report a connecting Redis as unreachable.
  const connected = answerWithin(connectWithinMs, connection.queue.waitUntilReady());
  await Promise.all([assertUsable(connection.redis), connected]).catch(releaseAndThrow);
  const clock = await openClock(store.readTime);
  await answerWithin(foldWithinMs, foldCustomers({ store, log }, clock.now()));
  const { payments: settings, proxy } = config;
  const desk = { settings, proxy, store, connection, log, now: clock.now, callEnded: metrics.callEnded };
  const payments = openPaymentsDesk(desk);
  const services = createServices({ config, log, store, sealer, connection, metrics, payments, now: clock.now });
  const news = openNewsQueue(connection);
  const server = await serve({ config, services, connection, news, metrics }).catch(releaseAndThrow);
  log.info({ event: 'api-listening', host: config.host, port: server.port }, 'The API is listening');
  const background = startBackground(services, clock, keys);
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.port}`,
    port: server.port,
    close: async () => {
      await drain(server, services, config.shutdownGraceSeconds * 1000);
      await Promise.all(background.map((one) => one.stop()));
      await payments?.close();
      await news.close();
      await release();
    },
  };
}

interface OpenStoreDeps extends ApiDeps {
  readonly sealer: Sealer;
  readonly metrics: ApiMetrics;
}

/** Throws UnknownKeyError if the database holds secrets of a key that the sealer does not have. */
async function openStore({ config, log, sealer, metrics }: OpenStoreDeps): Promise<Store> {
  const opened = await openDatabase(config.databaseUrl, { disk: diskEvents(log, metrics) });
  const store = createStore(measured(opened, metrics.transactionTook));
  await assertAllOpen(store, { vpn: sealer, keys: config.secretsKeys }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  return store;
}

interface ServeDeps extends Pick<ServicesDeps, 'config' | 'connection' | 'metrics'> {
  readonly services: Services;
  readonly news: QueueConnection;
}

async function serve({ config, services, connection, news, metrics }: ServeDeps): Promise<Listening> {
  const { store, producer, payments, log, now } = services;
  const board = createBoard({ connection, payments, news, store, producer, log, now, basePath: boardPath, links });
  const { version } = services.program;
  const app = createApp({ config, routes, services, version, requestTook: metrics.requestTook, board });
  const limits = limitsBehind(config.trustProxy);
  return listen(app, { host: config.host, port: config.port, portVariable: 'PORT', limits, log });
}

function startBackground({ alerts, store, now, log }: Services, clock: Clock, keys: KeyWatch): Repeating[] {
  const raise = () => raiseKeyAlerts(keys, { store, now });
  const announce = { store, alerts, holder: randomUUID(), now };
  const warned = (event: string, text: string) => (error: unknown) => log.warn({ event, error: String(error) }, text);
  return [
    every(keyAlertsEveryMs, raise, warned('refusal-alerts-failed', 'Raising the alerts about VPN keys failed')),
    every(alertsEveryMs, alerts, warned('alerts-unreadable', 'Cannot read the alerts')),
    every(alertsEveryMs, () => announceAlerts(announce), warned('alerts-unreadable', 'Cannot announce the alerts')),
    every(clockReadEveryMs, clock.look, warned('clock-unreadable', "Cannot read the database's clock")),
  ];
}

async function drain(server: Listening, { readiness, streams }: Services, graceMs: number): Promise<void> {
  readiness.stop();
  streams.endAll();
  await server.close(graceMs);
}

/** The process: runs until SIGTERM or SIGINT, and exits 0 once requests have been answered. */
async function main(): Promise<Stop> {
  const config = apiConfig();
  prepareConnections(config.authorities);
  const log = createLog({ process: 'api', level: config.logLevel });
  const api = await startApi({ config, log });
  return async (signal) => {
    log.info({ event: 'api-stopping', signal }, 'Stopping after the running requests');
    await api.close();
    log.info({ event: 'api-stopped' }, 'Stopped');
  };
}

const help = `Usage: npm run api
Runs the HTTP API and Bull Board until SIGTERM. docs/configuration.md lists its variables.`;

if (import.meta.main) await runProcess(help, main);
