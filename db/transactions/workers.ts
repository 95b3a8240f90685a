import { lte } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { WorkerRow } from '#db/worker-table.ts';

/** Records the last word of a worker process in place of the one before. */
export function* recordWorker({ db, t: { workers } }: Context, worker: WorkerRow): Steps<void> {
  const { saidAt, state, active } = worker;
  const row = db.insert(workers).values(worker);
  yield* ask(
    row.onConflictDoUpdate({
      target: workers.id,
      set: { saidAt, state, active },
      // A write that was given up may arrive after a later one.
      setWhere: lte(workers.saidAt, saidAt),
    }),
  );
}
