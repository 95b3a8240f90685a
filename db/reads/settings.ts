import { eq, sql } from '#db/orm.ts';
import type { Setting } from '#db/settings.ts';
import { askHot, type Context, hot, type Steps } from '#db/steps.ts';

const settingByName = hot('setting', ({ db, t }) =>
  db
    .select()
    .from(t.settings)
    .where(eq(t.settings.name, sql.placeholder('name'))),
);

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
export function* readStored<T>(_: Context, setting: Setting<T>): Steps<StoredSetting<T | null> | null> {
  const [row] = yield* askHot(settingByName, { name: setting.name });
  return row ? { value: setting.isValue(row.value) ? row.value : null, updatedAt: row.updatedAt } : null;
}
