import { eq } from '#db/orm.ts';
import type { Setting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

export interface StoredSetting<T> {
  readonly value: T;
  readonly updatedAt: Date;
}

/** null: never set, or the stored value has another type. */
export function* readSetting<T>(context: Context, setting: Setting<T>): Steps<StoredSetting<T> | null> {
  const stored = yield* readStored(context, setting);
  return stored && stored.value !== null ? { value: stored.value, updatedAt: stored.updatedAt } : null;
}

/** null: never set. A `value` of null: the stored value has another type. */
export function* readStored<T>({ db, t }: Context, setting: Setting<T>): Steps<StoredSetting<T | null> | null> {
  const [row] = yield* ask(db.select().from(t.settings).where(eq(t.settings.name, setting.name)));
  return row ? { value: setting.isValue(row.value) ? row.value : null, updatedAt: row.updatedAt } : null;
}
