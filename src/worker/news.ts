import type { DueDelivery } from '#db/reads/news.ts';
import type { Store } from '#db/store.ts';
import { createSweepRecord } from '#queues/alerts/failing-queue.ts';
import { newsQueueName, openNewsQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisherOf, type Publisher } from '#queues/bullmq/publisher.ts';
import { newsRows } from '#queues/bullmq/queue-rows.ts';
import { createQueueWorker, type RunningWorker } from '#queues/bullmq/queue-worker.ts';
import { createSweepQueueOf } from '#queues/bullmq/sweep-queue.ts';
import { every, type Repeating } from '#queues/every.ts';
import { deliver } from '#queues/news/perform.ts';
import { createSlots } from '#queues/news/slots.ts';
import { sweptDeliveries } from '#queues/news/sweep.ts';
import { createSweeper, type Sweeper } from '#queues/sweeper.ts';
import type { WorkerConfig } from '#src/config/worker.ts';
import type { Logger } from '#src/log.ts';
import type { WorkerMetrics } from '#src/metrics/worker.ts';
import { createSealer, webhookSecrets } from '#src/vpn/sealed.ts';
import { createWebhooks } from '#src/webhooks/webhooks.ts';
import { logFailure } from './background.ts';

export interface NewsWorkDeps {
  readonly config: Pick<WorkerConfig, 'redis' | 'secretsKeys' | 'webhookAddresses'>;
  readonly store: Store;
  readonly connection: QueueConnection;
  /** Names this process in the lease. */
  readonly holder: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly metrics: Pick<WorkerMetrics, 'deliveryAttempted'>;
}

/** The queue news in a worker process. */
export interface NewsWork {
  readonly worker: RunningWorker;
  startBackground(): readonly Repeating[];
  close(): Promise<void>;
}

/** An attempt waits for an answer for most of its time. One endpoint takes two of these at most. */
const sentAtOnce = 100;
/** The longest time until the first attempt. */
const sweepEveryMs = 1_000;

export function createNewsWork(deps: NewsWorkDeps): NewsWork {
  const { config, store, connection, now, log, metrics } = deps;
  const own = openNewsQueue(connection);
  const publisher = createPublisherOf(newsRows, own, now);
  const slots = createSlots(own);
  const sealer = createSealer(config.secretsKeys, webhookSecrets);
  const webhooks = createWebhooks(sealer, { privateAddresses: config.webhookAddresses });
  const publish = publishInBackground(publisher, log);
  const worker = createQueueWorker({
    redisServer: config.redis,
    queue: newsQueueName,
    concurrency: sentAtOnce,
    perform: (run) => deliver(run, { store, webhooks, slots, now, log, publish, onAttempt: metrics.deliveryAttempted }),
    now,
    log,
  });
  return { worker, startBackground: () => startBackground(deps, own, publisher), close: () => own.close() };
}

function publishInBackground(publisher: Publisher<DueDelivery>, log: Logger): (due: readonly DueDelivery[]) => void {
  const failed = logFailure(log, 'publishing-failed', 'Publishing a delivery');
  return (due) => {
    for (const delivery of due) publisher.publish(delivery, 'sweep').catch(failed);
  };
}

function startBackground(
  deps: NewsWorkDeps,
  own: QueueConnection,
  publisher: Publisher<DueDelivery>,
): readonly Repeating[] {
  const { store, now, log } = deps;
  const sweeper = createNewsSweeper(deps, own, publisher);
  // Without news the lease is not renewed, which would be a write.
  const hasNews = async () => (await store.readDueDeliveries(now())).length > 0;
  const sweep = async () => void (own.redis.status === 'ready' && (await hasNews()) && (await sweeper.runOnce()));
  const sweeping = every(sweepEveryMs, sweep, logFailure(log, 'news-sweep-failed', 'The sweep of news'));
  own.redis.on('ready', () => sweeping.now());
  return [sweeping];
}

function createNewsSweeper(
  { store, holder, now, log }: NewsWorkDeps,
  own: QueueConnection,
  publisher: Publisher<DueDelivery>,
): Sweeper {
  return createSweeper<DueDelivery>({
    store: sweptDeliveries(store, now),
    publisher,
    queue: createSweepQueueOf(newsRows, own, now),
    lease: 'sweep-news',
    record: createSweepRecord({ queue: newsQueueName, store, now }),
    holder,
    now,
    log,
  });
}
