import { hostname } from 'node:os';
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
import { createStripe } from './payments/stripe/stripe.ts';
import { runProcess, type Stop } from './process.ts';
import { assertOpens } from './vpn/assert-opens.ts';
import { createHandshakeSocket } from './vpn/handshake-socket.ts';
import { newVpnSecrets, vpnKeysOf } from './vpn/keys.ts';
import { createSealer, type Sealer } from './vpn/sealed.ts';
import { createVpn } from './vpn/server-vpn.ts';
import { healthApp } from './worker/health-server.ts';
import { assertOwnInstallation } from './worker/own-installation.ts';
import { startWorkerProcess, type WorkerProcess } from './worker/start-worker.ts';

/** The process: takes jobs until SIGTERM or SIGINT, hands back unfinished jobs, and exits 0. */
async function main(): Promise<Stop> {
  const config = workerConfig();
  const { host, cloud, concurrency } = config;
  const log = createLog({ process: 'worker', level: config.logLevel });
  const metrics = createWorkerMetrics();
  const sealer = createSealer(config.secretsKeys);
  const database = await openCheckedDatabase({ config, log, metrics, sealer });
  const { provider, dns } = openClouds(config);
  const openKeys = (serverId: string, sealed: string) => vpnKeysOf(sealer.open(serverId, sealed));
  const vpn = createVpn({ openKeys, probeAt: config.probeAt, socket: createHandshakeSocket() });
  const payments = openPayments(config, sealer);
  const worker = await startWorkerProcess({ config, database, provider, dns, vpn, payments, log, metrics });
  const server = await serveHealth(worker, metrics, config);
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
    await server?.close(500);
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
  await assertOpens(store, sealer);
  await assertOwnInstallation(store, config.installation);
  return database;
}

function openClouds({ cloud, cloudflare: settings, installation }: WorkerConfig) {
  const instance = `${hostname()}-${process.pid}`;
  return {
    provider: openProvider(cloud.name, { ...cloud, instance }),
    dns: settings && cloudflare({ ...settings, installation, instance }),
  };
}

/** null: STRIPE_API_KEY is not set. */
function openPayments({ payments: settings }: WorkerConfig, sealer: Sealer) {
  if (settings === null) return null;
  const sealNewKeys = (serverId: string) => sealer.seal(serverId, newVpnSecrets());
  return { payments: createStripe(settings), settings, sealNewKeys };
}

async function serveHealth(
  worker: WorkerProcess,
  { registry }: WorkerMetrics,
  { host, workerPort }: WorkerConfig,
): Promise<Listening | null> {
  if (workerPort === null) return null;
  return listen(healthApp(worker.health, registry), { host, port: workerPort, portVariable: 'WORKER_PORT' });
}

await runProcess(main);
