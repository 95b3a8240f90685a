import { type DueLook, lookOfNotice } from '#db/reads/due-looks.ts';
import type { Store } from '#db/store.ts';
import type { NewNotice } from '#db/transactions/payments/notices.ts';
import type { JobData } from '#queues/bullmq/connection.ts';
import type { Publisher } from '#queues/bullmq/publisher.ts';
import type { Log } from '#queues/ports/log.ts';

export interface IngestDeps {
  readonly store: Pick<Store, 'recordNotices'>;
  readonly publisher: Pick<Publisher<DueLook>, 'publish'>;
  readonly isRedisReady: () => boolean;
  readonly log: Log;
  readonly now: () => Date;
}

/** Records notices; returns how many were new. Resolves once they are durable, and publishes them afterwards. */
export type Ingest = (notices: readonly NewNotice[]) => Promise<number>;

export function createIngest(deps: IngestDeps): Ingest {
  return async (notices) => {
    if (notices.length === 0) return 0;
    const recorded = await deps.store.recordNotices(notices, deps.now());
    for (const notice of recorded) publishInBackground(deps, lookOfNotice(notice), 'release');
    return recorded.length;
  };
}

type PublishDeps = Omit<IngestDeps, 'store' | 'now'>;

/**
 * Publishes a look that somebody asked for, in the background. Its id may be that of a look that is done, which the queue
 * still has; so it is published as the sweeper does.
 */
export function publishLook(deps: PublishDeps, look: DueLook): void {
  publishInBackground(deps, look, 'sweep');
}

/** While Redis is away it does not publish: the sweeper publishes what the rows have. */
function publishInBackground(
  { publisher, isRedisReady, log }: PublishDeps,
  look: DueLook,
  publishedBy: JobData['publishedBy'],
): void {
  if (!isRedisReady()) return;
  publisher.publish(look, publishedBy).catch((error: unknown) => {
    log.warn(
      { event: 'publishing-failed', jobId: look.id, error: String(error) },
      'Publishing a look failed; the sweeper publishes it',
    );
  });
}
