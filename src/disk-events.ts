import type { DiskEvents } from '#db/database.ts';
import type { Logger } from './log.ts';
import type { ProcessMetrics } from './metrics/process.ts';
import { fail } from './process.ts';

/** What a service process does about its disk: it counts, it logs, and a failed flush ends it with exit code 1. */
export function diskEvents(log: Logger, { flushTook, walGrew }: ProcessMetrics): DiskEvents {
  return {
    flushed: flushTook,
    walGrew,
    flushFailed: fail,
    checkpointFailed: (error) =>
      log.warn(
        { event: 'checkpoint-failed', error: String(error) },
        'A checkpoint of the database failed and will be tried again; its -wal file grows meanwhile',
      ),
  };
}
