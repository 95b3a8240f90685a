import type { Command, Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Answered } from '#db/transactions/answers.ts';
import type { Asker, Commanded } from '#db/transactions/commands.ts';
import type { Purchased, PurchaseOrder } from '#db/transactions/purchase.ts';
import type { Log } from './ports/log.ts';
import type { Publisher } from './publisher.ts';
import type { QueueConnection } from './queue.ts';

/**
 * Turns commands into jobs. Each method is one transaction of the Store, with its errors, and resolves once it is durable;
 * the queue is told afterwards, in the background, and whatever it misses the sweeper tells it again.
 */
export interface Producer {
  purchase(order: PurchaseOrder, command: Command<Purchased>): Promise<Answered<Purchased>>;
  rebuild(
    serverId: string,
    location: string | null,
    asker: Asker,
    command: Command<Commanded>,
  ): Promise<Answered<Commanded>>;
  destroy(serverId: string, asker: Asker, command: Command<Commanded>): Promise<Answered<Commanded>>;
  retry(jobId: string, asker: Asker, command: Command<Commanded>): Promise<Answered<Commanded>>;
  cancel(jobId: string, asker: Asker, command: Command<Commanded>): Promise<Answered<Commanded>>;
}

export interface ProducerDeps {
  readonly store: Store;
  readonly connection: QueueConnection;
  readonly publisher: Publisher;
  readonly log: Log;
}

export function createProducer(deps: ProducerDeps): Producer {
  const { store } = deps;
  const thenPublish = async <R extends { readonly job: Job }>(
    recording: Promise<Answered<R>>,
  ): Promise<Answered<R>> => {
    const answered = await recording;
    if (answered.recorded) publishInBackground(deps, answered.recorded.job);
    return answered;
  };
  return {
    purchase: (order, command) => thenPublish(store.recordPurchase(order, command)),
    rebuild: (serverId, location, asker, command) =>
      thenPublish(store.recordRebuild(serverId, location, asker, command)),
    destroy: (serverId, asker, command) => thenPublish(store.recordDestroy(serverId, asker, command)),
    retry: (jobId, asker, command) => thenPublish(store.recordRetry(jobId, asker, command)),
    cancel: (jobId, asker, command) => thenPublish(store.recordCancel(jobId, asker, command)),
  };
}

function publishInBackground(deps: ProducerDeps, job: Job): void {
  // Commands sent to an absent Redis would pile up in memory; the sweeper will do it from the rows.
  if (deps.connection.redis.status !== 'ready') return;
  announce(deps, job).catch((error: unknown) => {
    deps.log.warn({ jobId: job.id, error: String(error) }, 'Publishing failed; the sweeper will do it');
  });
}

async function announce({ store, publisher, connection: { queue } }: ProducerDeps, job: Job): Promise<void> {
  if (job.state === 'released') return publisher.publish(job, 'release');
  if (job.state !== 'waiting') return;
  const front = await store.readJobInFront(job);
  if (!front) return;
  const running = await queue.getJob(front.id);
  await running?.log(`${job.kind} ${job.id} waits behind this job.`);
  if (job.kind === 'destroy') await publisher.hurry(front.id);
}
