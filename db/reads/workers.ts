import { desc } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { WorkerRow } from '#db/worker-table.ts';

/** The last word of each worker process, the newest first. */
export function* readWorkers({ db, t: { workers } }: Context, limit: number): Steps<WorkerRow[]> {
  return yield* ask(db.select().from(workers).orderBy(desc(workers.saidAt), desc(workers.id)).limit(limit));
}
