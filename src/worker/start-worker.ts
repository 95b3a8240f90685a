import { createLive } from '#queues/bullmq/live.ts';
import type { RunningWorker } from '#queues/bullmq/queue-worker.ts';
import { retriedRemover } from '#queues/bullmq/remove-retried.ts';
import { type ClockGuard, createClockGuard } from '#queues/clock/clock-guard.ts';
import { every, type Repeating } from '#queues/every.ts';
import { createCallRecords } from '#queues/run/call-records.ts';
import { createEmptyRuns } from '#queues/run/empty-runs.ts';
import { createQuarantine } from '#queues/run/quarantine.ts';
import { createRecentAccount } from '#queues/run/recent-account.ts';
import { createSharedListing } from '#queues/run/shared-listing.ts';
import { answerWithin } from '#queues/within.ts';
import { createWorker } from '#queues/worker.ts';
import type { WorkerConfig } from '#src/config/worker.ts';
import type { Logger } from '#src/log.ts';
import type { WorkerMetrics } from '#src/metrics/worker.ts';
import type { KeyWatch } from '#src/vpn/key-watch.ts';
import type { SendCheck } from '#src/vpn/send-check.ts';
import { logFailure, nameHolder, startBackground } from './background.ts';
import { createWorkerHealth, type WorkerHealth } from './health.ts';
import { startLastWord } from './last-word.ts';
import { createNewsWork, type NewsWork } from './news.ts';
import { createPaymentsWork, type PaymentsWork, type PaymentsWorkDeps } from './payments.ts';
import { openServices, type WorkerServices, type WorkerServicesDeps } from './services.ts';
import { workersTogether } from './workers-together.ts';

export interface WorkerProcess {
  readonly health: WorkerHealth;
  /** Drains within the configured grace, then closes everything. */
  close(): Promise<void>;
}

export interface WorkerProcessDeps extends WorkerServicesDeps {
  readonly config: WorkerConfig;
  /** null or not given: customers do not pay with Stripe. */
  readonly payments?: Pick<PaymentsWorkDeps, 'payments' | 'settings' | 'sealNewKeys'> | null;
  /** Whether this host can send handshakes. */
  readonly checkSending: SendCheck;
  /** The version of this program. */
  readonly version: string;
  readonly keys: KeyWatch;
  readonly metrics: WorkerMetrics;
}

const clockEveryMs = 1_000;
const backgroundStopsWithinMs = 2_000;

/** Starts the jobs and the background work of a worker process. */
export async function startWorkerProcess(deps: WorkerProcessDeps): Promise<WorkerProcess> {
  const { config, keys, log, metrics, instance, checkSending } = deps;
  const services = await openServices(deps);
  const { installation, keptDays, statementZone } = config;
  const { now } = services.clock;
  const { inventoryTaken: onReport } = metrics;
  const hasPayments = config.payments !== null;
  const kept = { instance, installation, keptDays, statementZone, hasPayments };
  const background = startBackground({ ...services, ...kept, keys, now, log, onReport });
  const payments = openPaymentsWork(services, deps);
  const news = openNewsWork(services, deps);
  const ofQueues = [...(payments?.startBackground() ?? []), ...news.startBackground()];
  const jobWorker = createJobWorker(services, deps);
  const worker = workersTogether([jobWorker, news.worker, ...(payments ? [payments.worker] : [])]);
  const { guard, clockReading } = await takeJobs(worker, services, log);
  const { store, connection, providerGate, orderBrake } = services;
  const { active } = worker;
  const redis = { isConnected: () => connection.redis.status === 'ready', look: createLive(connection).queue };
  const health = createWorkerHealth({ store, redis, guard, providerGate, checkSending, now, active });
  const own = { name: instance, version: deps.version, slots: config.concurrency, active: jobWorker.active };
  const lastWord = startLastWord({ ...own, store, health, now, log });
  return {
    health,
    close: async () => {
      health.stop();
      lastWord.now();
      const backgroundStopped = Promise.all([background.stop(), ...ofQueues.map((one) => one.stop())]);
      // Before the drain: the clock guard could resume a draining worker.
      await answerWithin(backgroundStopsWithinMs, clockReading.stop());
      await worker.drain(config.shutdownGraceSeconds * 1000);
      await answerWithin(backgroundStopsWithinMs, backgroundStopped);
      // The machines that the last runs found silent.
      await answerWithin(backgroundStopsWithinMs, orderBrake.runOnce());
      await lastWord.stop();
      await payments?.close();
      await news.close();
      await connection.close();
      await store.close();
    },
  };
}

function openPaymentsWork(services: WorkerServices, deps: WorkerProcessDeps): PaymentsWork | null {
  const { payments = null, config, provider, instance, log, metrics } = deps;
  if (payments === null) return null;
  const { store, connection, publisher, clock } = services;
  const shared = { config, store, connection, publisher, now: clock.now, log, metrics };
  return createPaymentsWork({ ...payments, ...shared, provider: provider.name, holder: nameHolder(instance) });
}

function openNewsWork({ store, connection, clock }: WorkerServices, deps: WorkerProcessDeps): NewsWork {
  const { config, instance, log, metrics } = deps;
  return createNewsWork({ config, store, connection, now: clock.now, log, metrics, holder: nameHolder(instance) });
}

function createJobWorker(services: WorkerServices, { config, log, metrics }: WorkerProcessDeps): RunningWorker {
  const { store, connection, publisher, clock, providerGate, dnsGate, probeGate, orderBrake } = services;
  const { installation, redis: redisServer, concurrency } = config;
  return createWorker({
    store,
    providerGate,
    dnsGate,
    orderBrake,
    vpn: probeGate.vpn,
    installation,
    redisServer,
    concurrency,
    now: clock.now,
    log,
    graceSeconds: config.rebuildGraceSeconds,
    bootTimeoutMs: config.bootTimeoutSeconds * 1000,
    quarantine: createQuarantine(),
    emptyRuns: createEmptyRuns(),
    callRecords: createCallRecords(),
    sharedListing: createSharedListing({ provider: providerGate.provider, installation }),
    recentAccount: createRecentAccount(providerGate.provider),
    onEnd: metrics.jobEnded,
    onWarning: ({ id, kind, serverId }, message) => {
      metrics.jobWarned(kind);
      log.warn({ event: 'job-warned', jobId: id, kind, serverId }, message);
    },
    publish: (released) => {
      const failed = logFailure(log, 'publishing-failed', 'Publishing a released job');
      for (const job of released) publisher.publish(job, 'release').catch(failed);
    },
    removeRetried: retriedRemover({ store, connection, log }),
  });
}

/** The worker takes jobs from now on, except while this process's clock is wrong. */
async function takeJobs(
  worker: RunningWorker,
  { clock, connection: { redis } }: WorkerServices,
  log: Logger,
): Promise<{ guard: ClockGuard; clockReading: Repeating }> {
  const redisTime = async () => (redis.status === 'ready' ? millisecondsOf(await redis.time()) : null);
  const guard = createClockGuard({ clock, worker, log, redisTime });
  await guard.runOnce();
  if (!guard.isWrong()) await worker.resume();
  const look = () => clock.look().then(guard.runOnce);
  const failed = logFailure(log, 'clock-unreadable', "Reading the database's clock");
  return { guard, clockReading: every(clockEveryMs, look, failed) };
}

/** Converts the reply of Redis's TIME: seconds, and microseconds within the second. */
function millisecondsOf([seconds, microseconds]: readonly (number | string)[]): number {
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
