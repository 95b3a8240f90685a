import { openDatabase } from '#db/open.ts';
import { runCommand } from './command.ts';
import { databaseUrl } from './config/commands.ts';

/** Brings the database up to date, as every process does when it starts; for those who want to do it before. */
await runCommand(async () => {
  const url = databaseUrl();
  const database = await openDatabase(url);
  await database.close();
  const { length } = database.migrated;
  if (length === 0) return `Nothing to do: ${nameOf(url)} is up to date.`;
  return `Applied ${length} migration${length > 1 ? 's' : ''} to ${nameOf(url)}: ${database.migrated.join(', ')}.`;
});

/** Without user and password. */
function nameOf(url: string): string {
  if (url.startsWith('file:')) return url.slice('file:'.length);
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
