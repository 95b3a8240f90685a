import { openDatabase } from '#db/open.ts';
import { runCommand } from './command.ts';
import { databaseUrl, ownAuthorities } from './config/commands.ts';
import { prepareConnections } from './outgoing/prepare.ts';

const help = `Usage: npm run migrate
Applies the missing migrations to the database of DATABASE_URL. API and workers also do this at their start.`;

await runCommand({ help }, async () => {
  const url = databaseUrl();
  prepareConnections(ownAuthorities());
  const database = await openDatabase(url);
  await database.close();
  const { length } = database.migrated;
  if (length === 0) return `Nothing to do: ${describeDatabase(url)} is up to date.`;
  return `Applied ${length} migration${length > 1 ? 's' : ''} to ${describeDatabase(url)}: ${database.migrated.join(', ')}.`;
});

/** The database for a message: without user and password. */
function describeDatabase(url: string): string {
  if (url.startsWith('file:')) return url.slice('file:'.length);
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
