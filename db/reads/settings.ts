import { eq, sql } from '#db/orm.ts';
import type { Setting } from '#db/settings.ts';
import { askAhead, type Context, hot, type Steps } from '#db/steps.ts';

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
export function* readStored<T>(context: Context, setting: Setting<T>): Steps<StoredSetting<T | null> | null> {
  const read = yield* askStored(context, setting);
  return yield* read();
}

/** The same, asked together with the next query. Returns how to read it. */
export function askStored<T>(_: Context, setting: Setting<T>): Steps<() => Steps<StoredSetting<T | null> | null>> {
  return askAhead(settingByName, { name: setting.name }, ([row]) =>
    row ? { value: setting.isValue(row.value) ? row.value : null, updatedAt: row.updatedAt } : null,
  );
}
