import { type QueueSwitch, queueSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Log } from '#queues/ports/log.ts';
import { answerWithin } from '#queues/within.ts';
import type { QueueConnection } from './connection.ts';

/** Redis did not confirm a pause or resume. */
export class QueueUnreachableError extends Error {
  override readonly name = 'QueueUnreachableError';
}

export interface QueueSwitchDeps {
  readonly connection: QueueConnection;
  readonly store: Pick<Store, 'putSetting'>;
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
  change: Required<QueueSwitch>,
): Promise<void> {
  const { queue, redis } = connection;
  const switching = async () => (change.paused ? queue.pause() : queue.resume()).then(() => true);
  const done = redis.status === 'ready' && (await answerWithin(answerWithinMs, switching()));
  if (!done)
    throw new QueueUnreachableError(
      'Redis did not confirm the change of the queue. Look at its state before you repeat it.',
    );
  const { paused, by, reason } = change;
  const event = paused ? 'queue-paused' : 'queue-resumed';
  log.warn({ event, by, reason, paused }, paused ? 'Paused the queue' : 'Resumed the queue');
  await store.putSetting(queueSetting, change, now()).catch((error: unknown) => {
    log.warn(
      { event: 'queue-switch-not-recorded', by, error: String(error) },
      'Could not record who switched the queue',
    );
  });
}
