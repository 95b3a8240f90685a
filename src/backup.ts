import { backUpSqlite } from '#db/backup.ts';
import { recordBackup } from '#db/backup-record.ts';
import { datedBackup, pruneBackups } from './backup/dated-backups.ts';
import { runCommand } from './command.ts';
import { type BackupConfig, backupConfig, ownAuthorities } from './config/commands.ts';
import { prepareConnections } from './outgoing/prepare.ts';
import { type Given, UsageError } from './usage.ts';

const help = `Usage: npm run backup -- [<file>] [--keep <number>] [--done] [--forget]
Writes a consistent copy of the SQLite database, also while the service runs. Without a file name, the copy gets a dated
name in BACKUP_FOLDER, and the alert backup-old is raised when the last such backup is more than a day old.

  --keep <number>  afterwards deletes all dated backups but this many, the newest
  --done           makes no backup: records that another tool, such as pg_dump, has just made a good one
  --forget         makes no backup: ends the alert backup-old, until the next dated backup`;

const options = { keep: { type: 'string' }, done: { type: 'boolean' }, forget: { type: 'boolean' } } as const;

await runCommand({ help, options, positionals: 1 }, async ({ values, positionals: [target] }) => {
  const keep = keepIn(values, target);
  const config = backupConfig();
  if (values.done || values.forget) return record(config, values);
  const source = sqliteFile(config.databaseUrl);
  if (target !== undefined) return backedUp(source, target, await backUpSqlite(source, target));
  const dated = datedBackup(config.backupFolder, new Date());
  const bytes = await backUpSqlite(source, dated);
  await recordBackup(config.databaseUrl, { file: dated });
  const pruned = keep === null ? 0 : pruneBackups(config.backupFolder, keep);
  return backedUp(source, dated, bytes) + (pruned === 0 ? '' : ` Deleted ${pruned} older.`);
});

/** null: all backups stay. */
function keepIn({ keep }: Given['values'], target: string | undefined): number | null {
  if (keep === undefined) return null;
  if (target !== undefined) throw new UsageError('--keep counts the dated backups. Use it without a file name.');
  if (!/^[1-9]\d{0,3}$/.test(String(keep))) throw new UsageError(`--keep must be from 1 to 9999, not "${keep}".`);
  return Number(keep);
}

async function record({ databaseUrl }: BackupConfig, { done, forget }: Given['values']): Promise<string> {
  if (done && forget) throw new UsageError('Use --done or --forget, not both.');
  prepareConnections(ownAuthorities());
  await recordBackup(databaseUrl, done ? { file: null } : null);
  return done ? 'Recorded a good backup.' : 'No backup is expected until the next one.';
}

function sqliteFile(databaseUrl: string): string {
  if (databaseUrl.startsWith('file:')) return databaseUrl.slice('file:'.length);
  throw new UsageError(
    'This command copies SQLite databases. Back up Postgres with its own tools: pg_dump --format=custom --file=<file> "$DATABASE_URL", and then npm run backup -- --done.',
  );
}

function backedUp(source: string, target: string, bytes: number): string {
  return `Backed up ${source} to ${target} (${sizeOf(bytes)}, checked).`;
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
