import { parseArgs } from 'node:util';
import { backUpSqlite } from '#db/backup.ts';
import { runCommand, UsageError } from './command.ts';
import { databaseUrl } from './config/commands.ts';

/** `npm run backup -- <file>`: writes a consistent copy of the SQLite database, also while the service runs. */
await runCommand(async () => {
  const target = targetFile();
  const url = databaseUrl();
  if (!url.startsWith('file:')) {
    throw new UsageError(
      'This command copies SQLite databases. Back up Postgres with its own tools: pg_dump --format=custom --file=<file> "$DATABASE_URL".',
    );
  }
  const source = url.slice('file:'.length);
  const bytes = await backUpSqlite(source, target);
  return `Backed up ${source} to ${target} (${sizeOf(bytes)}, checked).`;
});

function targetFile(): string {
  const [target, ...others] = parsedArguments();
  if (others.length > 0) throw new UsageError('Give one file name: npm run backup -- <file>.');
  return target ?? `data/backups/ghostifi-${new Date().toISOString().replaceAll(':', '-')}.db`;
}

function parsedArguments(): string[] {
  try {
    return parseArgs({ allowPositionals: true }).positionals;
  } catch (error) {
    throw new UsageError('Give a file name and no options: npm run backup -- <file>.', { cause: error });
  }
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
