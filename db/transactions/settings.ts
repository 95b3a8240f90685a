import { DatabaseUnusableError } from '#db/errors.ts';
import { literal } from '#db/literal.ts';
import { ne } from '#db/orm.ts';
import { readStored } from '#db/reads/settings.ts';
import { installationSetting, type Setting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** Writes the setting, over an earlier value. */
export function* putSetting<T>(
  { db, t }: Context,
  { name }: Setting<T>,
  { value, now }: { value: T; now: Date },
): Steps<void> {
  yield* ask(
    db
      .insert(t.settings)
      .values({ name, value, updatedAt: now })
      .onConflictDoUpdate({ target: t.settings.name, set: { value, updatedAt: now } }),
  );
}

/**
 * Returns the installation that the rows belong to. That is `installation`, unless machines that are not gone were made
 * under another one. Throws DatabaseUnusableError if there are such machines and the stored installation is not a text.
 */
export function* claimInstallation(context: Context, installation: string, now: Date): Steps<string> {
  const { db, t } = context;
  const claimed = yield* readStored(context, installationSetting);
  if (claimed?.value === installation) return installation;
  const [machine] = yield* ask(
    db
      .select({ id: t.machines.id })
      .from(t.machines)
      .where(ne(t.machines.state, literal('gone')))
      .limit(1),
  );
  if (claimed && machine) return claimed.value ?? unreadable();
  yield* putSetting(context, installationSetting, { value: installation, now });
  return installation;
}

function unreadable(): never {
  throw new DatabaseUnusableError(
    'The setting "installation" in the database is not a JSON text. Correct it as docs/runbook.md describes.',
  );
}
