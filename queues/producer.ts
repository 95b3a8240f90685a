import { setTimeout as delay } from 'node:timers/promises';
import { jobTraits } from '#db/job-traits.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Command, CommandAnswer } from '#db/transactions/answers.ts';
import type { Cancel, CommandResult } from '#db/transactions/commands.ts';
import type { Purchased, PurchaseOrder } from '#db/transactions/purchase.ts';
import type { Actor } from '#db/transactions/request.ts';
import type { Resumption, Suspension } from '#db/transactions/suspension.ts';
import type { QueueConnection } from './bullmq/connection.ts';
import { logLine } from './bullmq/log-line.ts';
import type { Publisher } from './bullmq/publisher.ts';
import { redisErrorText } from './bullmq/redis-error.ts';
import { publishedWithinMs } from './limits.ts';
import type { Log } from './ports/log.ts';

/**
 * Turns commands into jobs. Each method is one transaction of the Store, throws its errors, and resolves once the job
 * is durable. The job is published afterwards, in the background; if that fails, the sweeper publishes it.
 */
export interface Producer {
  purchase(order: PurchaseOrder, command: Command<Purchased>): Promise<CommandAnswer<Purchased>>;
  rebuild(order: RebuildOrder, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  suspend(order: Suspension, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  resume(order: Resumption, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  destroy(serverId: string, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  retry(jobId: string, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
  cancel(cancel: Cancel, actor: Actor, command: Command<CommandResult>): Promise<CommandAnswer<CommandResult>>;
}

export interface RebuildOrder {
  readonly serverId: string;
  /** null: the present location of the server. */
  readonly location: string | null;
  /** null or not given: the present plan of the server. */
  readonly plan?: string | null;
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
    rebuild: (wanted, actor, command) => thenPublish(actor.now, store.recordRebuild(wanted, actor, command)),
    suspend: (order, actor, command) => thenPublish(actor.now, store.recordSuspend(order, actor, command)),
    resume: (order, actor, command) => thenPublish(actor.now, store.recordResume(order, actor, command)),
    destroy: (serverId, actor, command) => thenPublish(actor.now, store.recordDestroy(serverId, actor, command)),
    retry: (jobId, actor, command) => thenPublish(actor.now, store.recordRetry(jobId, actor, command)),
    cancel: async (cancel, actor, command) => {
      const answer = await store.recordCancel(cancel, actor, command);
      if (answer.recorded?.job.state === 'released') stopInBackground(deps, answer.recorded.job);
      return answer;
    },
  };
}

/** Records commands like a producer, and publishes nothing. For a Store that only previews. */
export function createRecorder(store: Store): Producer {
  return {
    purchase: store.recordPurchase,
    rebuild: store.recordRebuild,
    suspend: store.recordSuspend,
    resume: store.recordResume,
    destroy: store.recordDestroy,
    retry: store.recordRetry,
    cancel: store.recordCancel,
  };
}

const pollEveryMs = 100;

/** Publishes a job that a command of this moment has added or found. If that fails, the sweeper publishes it. */
export function publishInBackground(deps: ProducerDeps, job: Job, now: Date): void {
  const { redis } = deps.connection;
  const publishing = redis.status === 'ready' ? publish(deps, job, now) : publishWhenReady(deps, job);
  publishing.catch((error: unknown) => {
    deps.log.warn(
      { event: 'publishing-failed', jobId: job.id, error: redisErrorText(error) },
      'Publishing a job failed; the sweeper publishes it',
    );
  });
}

/** Ends the delay of a job that was asked to stop. If that fails, the job stops when its delay is over. */
function stopInBackground({ publisher, log }: ProducerDeps, { id: jobId }: Job): void {
  publisher.promote(jobId).catch((error: unknown) => {
    log.warn({ event: 'publishing-failed', jobId, error: redisErrorText(error) }, 'Ending the delay of a job failed');
  });
}

/**
 * Publishes once Redis is reachable, and waits for it instead of queuing commands in memory. A reconnect takes less
 * than `publishedWithinMs`; if Redis stays away longer, the sweeper publishes from the rows.
 */
async function publishWhenReady(deps: ProducerDeps, job: Job): Promise<void> {
  const giveUpAt = performance.now() + publishedWithinMs;
  while (deps.connection.redis.status !== 'ready') {
    if (performance.now() > giveUpAt) return;
    await delay(pollEveryMs, undefined, { ref: false });
  }
  await publish(deps, job, null);
}

/**
 * Publishes a released job, or notes a waiting one at the job in front. `now`: the time of the command; null: long ago.
 */
async function publish(deps: ProducerDeps, job: Job, now: Date | null): Promise<void> {
  if (job.state === 'released') {
    // An idempotent command may return an older job, which may already have run.
    const isReleasedNow = now !== null && job.releasedAt?.getTime() === now.getTime();
    return deps.publisher.publish(job, isReleasedNow ? 'release' : 'sweep');
  }
  if (job.state === 'waiting') await noteInFront(deps, job);
}

/**
 * Writes into the log of the job in front that this one waits. If this one removes the server's machines, ends the delay
 * of that job: a destroy stops it, and a suspension runs after it.
 */
async function noteInFront({ store, publisher, connection }: ProducerDeps, job: Job): Promise<void> {
  const front = await store.readJobInFront(job);
  if (!front) return;
  if (jobTraits[job.kind].about === 'server') await publisher.promote(front.id);
  const queued = await connection.queue.getJob(front.id);
  await queued?.log(logLine(`${job.kind} ${job.id} waits behind this job.`));
}
