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
import type { Listening } from '#src/http/server.ts';
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
  /** Where the health is served; null: nowhere. */
  readonly server: Listening | null;
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
  /** Not given: nobody can ask for the health. */
  readonly serveHealth?: (health: WorkerHealth) => Promise<Listening | null>;
}

const clockEveryMs = 1_000;
const backgroundStopsWithinMs = 2_000;
const serverClosesWithinMs = 500;

/**
 * Starts the jobs and the background work of a worker process, once its health is served. A process that cannot listen
 * so ends without a job, which would count as a crash of it, and without a lease, which others would have to wait for.
 */
export async function startWorkerProcess(deps: WorkerProcessDeps): Promise<WorkerProcess> {
  const work = await openWork(deps);
  const server = (await deps.serveHealth?.(work.health)) ?? null;
  const end = await begin(work, deps);
  return {
    health: work.health,
    server,
    close: async () => {
      await end();
      await server?.close(serverClosesWithinMs);
    },
  };
}

/** Everything that a worker process runs. */
interface Work {
  readonly services: WorkerServices;
  readonly jobs: RunningWorker;
  readonly payments: PaymentsWork | null;
  readonly news: NewsWork;
  /** All queues. */
  readonly worker: RunningWorker;
  readonly guard: ClockGuard;
  readonly health: WorkerHealth;
}

/** Opens everything, and starts nothing. */
async function openWork(deps: WorkerProcessDeps): Promise<Work> {
  const services = await openServices(deps);
  const { store, connection, clock, providerGate } = services;
  const payments = openPaymentsWork(services, deps);
  const news = openNewsWork(services, deps);
  const jobs = createJobWorker(services, deps);
  const worker = workersTogether([jobs, news.worker, ...(payments ? [payments.worker] : [])]);
  const guard = createGuard(worker, services, deps.log);
  const redis = { isConnected: () => connection.redis.status === 'ready', look: createLive(connection).queue };
  const { checkSending } = deps;
  const { active } = worker;
  const health = createWorkerHealth({ store, redis, guard, providerGate, checkSending, now: clock.now, active });
  return { services, jobs, payments, news, worker, guard, health };
}

/** Resolves with the function that drains within the configured grace, then closes everything. */
async function begin(work: Work, deps: WorkerProcessDeps): Promise<() => Promise<void>> {
  const { services, payments, news, worker, health } = work;
  const { config, keys, log, metrics, instance } = deps;
  const { installation, keptDays, statementZone } = config;
  const { now } = services.clock;
  const { inventoryTaken: onReport } = metrics;
  const hasPayments = config.payments !== null;
  const kept = { instance, installation, keptDays, statementZone, hasPayments };
  const background = startBackground({ ...services, ...kept, keys, now, log, onReport });
  const ofQueues = [...(payments?.startBackground() ?? []), ...news.startBackground()];
  const clockReading = await takeJobs(work, log);
  health.start();
  const { store, connection, orderBrake } = services;
  const own = { name: instance, version: deps.version, slots: config.concurrency, active: work.jobs.active };
  const lastWord = startLastWord({ ...own, store, health, now, log });
  return async () => {
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

function createGuard(worker: RunningWorker, { clock, connection }: WorkerServices, log: Logger): ClockGuard {
  const { redis } = connection;
  const redisTime = async () => (redis.status === 'ready' ? millisecondsOf(await redis.time()) : null);
  return createClockGuard({ clock, worker, log, redisTime });
}

/** The worker takes jobs from now on, except while this process's clock is wrong. */
async function takeJobs({ worker, guard, services: { clock } }: Work, log: Logger): Promise<Repeating> {
  await guard.runOnce();
  if (!guard.isWrong()) await worker.resume();
  const look = () => clock.look().then(guard.runOnce);
  return every(clockEveryMs, look, logFailure(log, 'clock-unreadable', "Reading the database's clock"));
}

/** Converts the reply of Redis's TIME: seconds, and microseconds within the second. */
function millisecondsOf([seconds, microseconds]: readonly (number | string)[]): number {
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
