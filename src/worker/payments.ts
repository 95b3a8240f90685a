import type { DueLook } from '#db/reads/due-looks.ts';
import type { Store } from '#db/store.ts';
import { createSweepRecord } from '#queues/alerts/failing-queue.ts';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { openPaymentsQueue, paymentsQueueName, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisherOf, type Publisher } from '#queues/bullmq/publisher.ts';
import { paymentRows } from '#queues/bullmq/queue-rows.ts';
import { createQueueWorker, type RunningWorker } from '#queues/bullmq/queue-worker.ts';
import { createSweepQueueOf } from '#queues/bullmq/sweep-queue.ts';
import { every, type Repeating } from '#queues/every.ts';
import { createPaymentsGate, type PaymentsGate } from '#queues/gates/payments-gate.ts';
import { createIngest } from '#queues/payments/ingest.ts';
import { type PaymentPerformDeps, performPayment } from '#queues/payments/perform.ts';
import { createReconcile } from '#queues/payments/reconcile.ts';
import type { Payments } from '#queues/ports/payments.ts';
import { publishInBackground } from '#queues/producer.ts';
import { createSweeper } from '#queues/sweeper.ts';
import { readCatalogue } from '#queues/upkeep/catalogue.ts';
import type { PaymentsConfig } from '#src/config/payments.ts';
import type { WorkerConfig } from '#src/config/worker.ts';
import type { Logger } from '#src/log.ts';
import type { WorkerMetrics } from '#src/metrics/worker.ts';
import { logFailure } from './background.ts';

export interface PaymentsWorkDeps {
  readonly config: WorkerConfig;
  readonly payments: Payments;
  readonly settings: PaymentsConfig;
  readonly sealNewKeys: (serverId: string) => string;
  readonly provider: string;
  readonly store: Store;
  readonly connection: QueueConnection;
  /** Of the servers' jobs. */
  readonly publisher: Publisher;
  /** Names this process in the leases. */
  readonly holder: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
}

/** The queue payments in a worker process. */
export interface PaymentsWork {
  readonly worker: RunningWorker;
  /** Starts what runs besides the looks. */
  startBackground(): readonly Repeating[];
  close(): Promise<void>;
}

/** Each look makes up to six calls; Stripe allows a hundred a second. */
const looksAtOnce = 10;
const sweepEveryMs = 3_000;
const refusalsEveryMs = 2_000;
const longestReconcilePauseMs = 20_000;

export function createPaymentsWork(deps: PaymentsWorkDeps): PaymentsWork {
  const { config, connection, now, log } = deps;
  const own = openPaymentsQueue(connection);
  const gate = createPaymentsGate(deps.payments, now);
  const performDeps = performDepsOf(deps, gate);
  const worker = createQueueWorker({
    redisServer: config.redis,
    queue: paymentsQueueName,
    concurrency: looksAtOnce,
    perform: (run) => performPayment(run, performDeps),
    now,
    log,
  });
  const publisher = createPublisherOf(paymentRows, own, now);
  return { worker, startBackground: () => startBackground(deps, { own, gate, publisher }), close: () => own.close() };
}

function performDepsOf(deps: PaymentsWorkDeps, gate: PaymentsGate): PaymentPerformDeps {
  const { config, settings, store, connection, publisher, now, log } = deps;
  const { rules, livemode, defaultLocation } = settings;
  return {
    store,
    gate,
    payments: gate.payments,
    rules,
    livemode,
    defaultLocation,
    installation: config.installation,
    terms: {
      provider: deps.provider,
      domain: config.domain,
      maxServers: config.maxServers,
      sealNewKeys: deps.sealNewKeys,
    },
    catalogue: () => readCatalogue(store, deps.provider),
    now,
    publish: (jobs, at) => {
      for (const job of jobs) publishInBackground({ store, connection, publisher, log }, job, at);
    },
    onUnmarked: (subscriptionId, error) =>
      log.warn(
        { event: 'mark-failed', subscriptionId, error: String(error) },
        'Could not write the server into the subscription at Stripe; a later look does',
      ),
    onLook: deps.metrics.lookEnded,
  };
}

interface Running {
  readonly own: QueueConnection;
  readonly gate: PaymentsGate;
  readonly publisher: Publisher<DueLook>;
}

function startBackground(deps: PaymentsWorkDeps, running: Running): readonly Repeating[] {
  const { store, log, now, settings } = deps;
  const { redis } = running.own;
  const sweeper = createLookSweeper(deps, running);
  const reconcile = createReconcileOf(deps, running);
  const sweep = async () => void (redis.status === 'ready' && (await sweeper.runOnce()));
  const sweeping = every(sweepEveryMs, sweep, logFailure(log, 'payments-sweep-failed', 'The sweep of payments'));
  redis.on('ready', () => sweeping.now());
  const pauseMs = Math.min(longestReconcilePauseMs, (settings.pollSeconds * 1_000) / 3);
  return [
    sweeping,
    every(pauseMs, (stop) => reconcile.runOnce(stop), logFailure(log, 'reconcile-failed', 'Asking Stripe for events')),
    every(
      refusalsEveryMs,
      () => raiseAlerts({ store, now }, running.gate),
      logFailure(log, 'refusal-alerts-failed', 'Raising alerts about Stripe'),
    ),
  ];
}

function createLookSweeper({ store, holder, now, log }: PaymentsWorkDeps, { own, publisher }: Running) {
  return createSweeper<DueLook>({
    store: {
      takeLease: store.takeLease,
      flush: store.flush,
      readDuePage: store.readDueLooks,
      readReleased: (ids) => store.readOpenLooks(ids, now()),
      countReleased: () => store.countDueLooks(now()),
    },
    publisher,
    queue: createSweepQueueOf(paymentRows, own, now),
    lease: 'sweep-payments',
    record: createSweepRecord({ queue: paymentsQueueName, store, now }),
    holder,
    now,
    log,
  });
}

function createReconcileOf(deps: PaymentsWorkDeps, { own, gate, publisher }: Running) {
  const { store, settings, holder, now, log } = deps;
  const isRedisReady = () => own.redis.status === 'ready';
  return createReconcile({
    store,
    payments: gate.payments,
    gate,
    ingest: createIngest({ store, publisher, isRedisReady, log, now }),
    livemode: settings.livemode,
    pollSeconds: settings.pollSeconds,
    holder,
    now,
  });
}

async function raiseAlerts({ store, now }: Pick<PaymentsWorkDeps, 'store' | 'now'>, gate: PaymentsGate): Promise<void> {
  const stripe = { store, now, whose: 'Stripe' };
  await raiseRefusalAlerts({ ...stripe, gate, kind: 'stripe-refuses' });
  await raiseRefusalAlerts({ ...stripe, gate: gate.outage, kind: 'stripe-unreachable' });
}
