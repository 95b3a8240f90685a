import { lt } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { SilentMachine } from '#db/tables.ts';

/** Records machines that never answered, each once, and deletes the rows from before `keptSince`. */
export function* recordSilent(
  { db, t: { silentMachines } }: Context,
  machines: readonly SilentMachine[],
  keptSince: Date,
): Steps<void> {
  yield* ask(
    db
      .insert(silentMachines)
      .values([...machines])
      .onConflictDoNothing(),
  );
  yield* ask(db.delete(silentMachines).where(lt(silentMachines.silentAt, keptSince)));
}
