import { hostname } from 'node:os';
import type { Express } from 'express';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { openProvider } from './cloud/clouds.ts';
import { type WorkerConfig, workerConfig } from './config/worker.ts';
import { diskEvents } from './disk-events.ts';
import { cloudflare } from './dns/cloudflare/cloudflare.ts';
import { type Listening, listen } from './http/server.ts';
import { createLog, type Logger } from './log.ts';
import { measured } from './metrics/measured.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics/worker.ts';
import { openFetch } from './outgoing/fetch.ts';
import { observedFetch } from './outgoing/observed-fetch.ts';
import { prepareConnections } from './outgoing/prepare.ts';
import { createStripe } from './payments/stripe/stripe.ts';
import { runProcess, type Stop } from './process.ts';
import { readVersion } from './version.ts';
import { createHandshakeSocket } from './vpn/handshake-socket.ts';
import { watchKeys } from './vpn/key-watch.ts';
import { newVpnSecrets, vpnKeysOf } from './vpn/keys.ts';
import { createSealer, type Sealer } from './vpn/sealed.ts';
import { createSendCheck, type Sending } from './vpn/send-check.ts';
import { createVpn } from './vpn/server-vpn.ts';
import { assertAllOpen } from './webhooks/assert-all-open.ts';
import type { WorkerHealth } from './worker/health.ts';
import { healthApp } from './worker/health-server.ts';
import { assertOwnInstallation } from './worker/own-installation.ts';
import { startWorkerProcess } from './worker/start-worker.ts';

/** Names this process at the clouds, and in alerts. */
const instance = `${hostname()}-${process.pid}`;

/** The process: takes jobs until SIGTERM or SIGINT, hands back unfinished jobs, and exits 0. */
async function main(): Promise<Stop> {
  const config = workerConfig();
  prepareConnections(config.authorities);
  const { host, cloud, concurrency } = config;
  const log = createLog({ process: 'worker', level: config.logLevel });
  const metrics = createWorkerMetrics();
  const keys = watchKeys(createSealer(config.secretsKeys), 'worker');
  const { sealer } = keys;
  const database = await openCheckedDatabase({ config, log, metrics, sealer });
  const { provider, dns } = openClouds(config, metrics);
  const openKeys = (serverId: string, sealed: string) => vpnKeysOf(sealer.open(serverId, sealed));
  const vpn = createVpn({ openKeys, probeAt: config.probeAt, socket: createHandshakeSocket() });
  const checkSending = createSendCheck({ probeAt: config.probeAt });
  logSending(await checkSending(), log);
  const payments = openPayments(config, sealer, metrics);
  const parts = { database, provider, dns, vpn, payments, keys, checkSending, log, metrics };
  const serveHealth = (health: WorkerHealth) => listenAt(config, healthApp(health, metrics.registry));
  const worker = await startWorkerProcess({ ...parts, config, instance, version: readVersion(), serveHealth });
  const { server } = worker;
  log.info(
    {
      event: 'worker-ready',
      concurrency,
      cloud: cloud.name,
      dns: dns?.name ?? 'none',
      ...(server && { host, port: server.port }),
    },
    'The worker takes jobs',
  );
  return async (signal) => {
    log.info({ event: 'worker-draining', signal }, 'Draining. Running jobs stop at their next checkpoint');
    await worker.close();
    log.info({ event: 'worker-stopped' }, 'Stopped');
  };
}

interface DatabaseDeps {
  readonly config: WorkerConfig;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  readonly sealer: Sealer;
}

/** Throws SealedError or ConfigError if the database belongs to another SECRETS_KEY or INSTALLATION. */
async function openCheckedDatabase({ config, log, metrics, sealer }: DatabaseDeps): Promise<Database> {
  const trace = (statement: string) => log.trace({ event: 'sql-executed', statement }, 'SQL');
  const disk = diskEvents(log, metrics);
  const opened = await openDatabase(config.databaseUrl, { disk, ...(log.isLevelEnabled('trace') && { trace }) });
  const database = measured(opened, metrics.transactionTook);
  const store = createStore(database);
  await assertAllOpen(store, { vpn: sealer, keys: config.secretsKeys });
  await assertOwnInstallation(store, config.installation);
  return database;
}

function openClouds(
  { cloud, cloudflare: settings, installation, proxy }: WorkerConfig,
  { callEnded: observe }: WorkerMetrics,
) {
  const plain = openFetch(proxy);
  const fetchOf = (service: string, apiUrl: string) => observedFetch(plain, { service, apiUrl, observe });
  const fetch = fetchOf(cloud.name, cloud.apiUrl);
  return {
    provider: openProvider(cloud.name, { ...cloud, instance, fetch }),
    dns: settings && cloudflare({ ...settings, installation, instance, fetch: fetchOf('cloudflare', settings.apiUrl) }),
  };
}

/** null: STRIPE_API_KEY is not set. */
function openPayments({ payments: settings, proxy }: WorkerConfig, sealer: Sealer, { callEnded }: WorkerMetrics) {
  if (settings === null) return null;
  const sealNewKeys = (serverId: string) => sealer.seal(serverId, newVpnSecrets());
  return { payments: createStripe({ ...settings, instance, proxy, observe: callEnded }), settings, sealNewKeys };
}

function logSending({ ipv4, ipv6 }: Sending, log: Logger): void {
  const fields = { event: 'vpn-probe-checked', ipv4: ipv4 ?? 'ok', ipv6: ipv6 ?? 'ok' };
  const withoutIpv6 = ipv6 === null ? '' : ', and not over IPv6, so that its servers get no AAAA records';
  if (ipv4 === null) log.info(fields, `This host can send VPN handshakes${withoutIpv6}`);
  else log.warn({ ...fields, event: 'vpn-probe-blocked' }, 'This host cannot send VPN handshakes, so its jobs wait');
}

async function listenAt({ host, workerPort }: WorkerConfig, app: Express): Promise<Listening | null> {
  return workerPort === null ? null : listen(app, { host, port: workerPort, portVariable: 'WORKER_PORT' });
}

const help = `Usage: npm run worker
Runs jobs until SIGTERM. docs/configuration.md lists its variables.`;

await runProcess(help, main);
