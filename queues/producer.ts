import { setTimeout as delay } from 'node:timers/promises';
import { jobTraits } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Command, CommandAnswer } from '#db/transactions/answers.ts';
import type { Actor, CommandResult } from '#db/transactions/commands.ts';
import type { Purchased, PurchaseOrder } from '#db/transactions/purchase.ts';
import type { QueueConnection } from './bullmq/connection.ts';
import type { Publisher } from './bullmq/publisher.ts';
import { publishedWithinMs } from './limits.ts';
import type { Log } from './ports/log.ts';

/**
 * Turns commands into jobs. Each method is one transaction of the Store, with its errors, and resolves once it is durable;
 * the queue is told afterwards, in the background, and whatever it misses the sweeper tells it again.
 */
export interface Producer {
  purchase(order: PurchaseOrder, command: Command<Purchased>): Promise<CommandAnswer<Purchased>>;
  rebuild(
    serverId: string,
    location: string | null,
    actor: Actor,
    command: Command<CommandResult>,
  ): Promise<CommandAnswer<CommandResult>>;
  destroy(serverId: string, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  retry(jobId: string, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  cancel(jobId: string, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
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
    now: Date,
    recording: Promise<CommandAnswer<R>>,
  ): Promise<CommandAnswer<R>> => {
    const answer = await recording;
    if (answer.recorded) publishInBackground(deps, answer.recorded.job, now);
    return answer;
  };
  return {
    purchase: (order, command) => thenPublish(order.now, store.recordPurchase(order, command)),
    rebuild: (serverId, location, actor, command) =>
      thenPublish(actor.now, store.recordRebuild({ serverId, location }, actor, command)),
    destroy: (serverId, actor, command) => thenPublish(actor.now, store.recordDestroy(serverId, actor, command)),
    retry: (jobId, actor, command) => thenPublish(actor.now, store.recordRetry(jobId, actor, command)),
    cancel: (jobId, actor, command) => thenPublish(actor.now, store.recordCancel(jobId, actor, command)),
  };
}

const lookEveryMs = 100;

function publishInBackground(deps: ProducerDeps, job: Job, now: Date): void {
  const { redis } = deps.connection;
  const announcing = redis.status === 'ready' ? announce(deps, job, now) : announceLate(deps, job);
  announcing.catch((error: unknown) => {
    deps.log.warn({ jobId: job.id, error: String(error) }, 'Publishing failed; the sweeper will do it');
  });
}

/**
 * Commands sent to an absent Redis would pile up in memory: what it is away for longer the sweeper does from the rows. A
 * connection takes less to come back.
 */
async function announceLate(deps: ProducerDeps, job: Job): Promise<void> {
  const giveUpAt = performance.now() + publishedWithinMs;
  while (deps.connection.redis.status !== 'ready') {
    if (performance.now() > giveUpAt) return;
    await delay(lookEveryMs, undefined, { ref: false });
  }
  await announce(deps, job, null);
}

/** `now`: when the job was recorded; null: it was some time ago. */
async function announce({ store, publisher, connection }: ProducerDeps, job: Job, now: Date | null): Promise<void> {
  // A command that was answered with a job of an earlier one has not released it: that may have run before.
  if (job.state === 'released')
    return publisher.publish(job, now && job.releasedAt?.getTime() === now.getTime() ? 'release' : 'sweep');
  if (job.state !== 'waiting') return;
  const front = await store.readJobInFront(job);
  if (!front) return;
  if (jobTraits[job.kind].about === 'server') await publisher.promote(front.id);
  const running = await connection.queue.getJob(front.id);
  await running?.log(`${job.kind} ${job.id} waits behind this job.`);
}
