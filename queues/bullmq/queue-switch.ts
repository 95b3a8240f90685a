import { keyNamed } from '#db/events.ts';
import type { QueueSwitch } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Log } from '#queues/ports/log.ts';
import { answerWithin } from '#queues/within.ts';
import type { OpenQueue } from './connection.ts';

/** Redis did not confirm a pause or resume. */
export class QueueUnreachableError extends Error {
  override readonly name = 'QueueUnreachableError';
}

/** What an operator asks for, under the name of the token. */
export interface QueueChange extends Required<QueueSwitch> {
  readonly requestId: string;
}

export interface QueueSwitchDeps {
  readonly connection: OpenQueue;
  readonly store: Pick<Store, 'changeQueue'>;
  readonly log: Log;
  readonly now: () => Date;
}

const answerWithinMs = 2_000;

/**
 * Pauses or resumes the queue, and records who did so and why. Throws QueueUnreachableError. The pause itself is kept
 * in Redis: a pause must work while the database does not, and it ends with the data of Redis.
 */
export async function switchQueue(
  { connection, store, log, now }: QueueSwitchDeps,
  { paused, by, reason, requestId }: QueueChange,
): Promise<void> {
  const { queue, redis } = connection;
  const switching = async () => (paused ? queue.pause() : queue.resume()).then(() => true);
  const done = redis.status === 'ready' && (await answerWithin(answerWithinMs, switching()));
  if (!done)
    throw new QueueUnreachableError(
      'Redis did not confirm the change of the queue. Look at its state before you repeat it.',
    );
  const event = paused ? 'queue-paused' : 'queue-resumed';
  log.warn({ event, by, reason, paused }, `${paused ? 'Paused' : 'Resumed'} the queue ${queue.name}`);
  const actor = { requestedBy: keyNamed(by), requestId, now: now() };
  await store.changeQueue({ queue: queue.name, paused, by, reason }, actor).catch((error: unknown) => {
    log.warn(
      { event: 'queue-switch-not-recorded', by, error: String(error) },
      'Could not record who switched the queue',
    );
  });
}
