import { rmSync } from 'node:fs';
import { assertUnused, copyBackup, markRestored, replaceDatabase } from '#db/restore.ts';
import { assertRestorable } from './backup/assert-restorable.ts';
import { datedBackups } from './backup/dated-backups.ts';
import { runCommand } from './command.ts';
import { type RestoreConfig, restoreConfig } from './config/commands.ts';
import { UsageError } from './usage.ts';

const help = `Usage: npm run restore -- <file> | --drill [<file>]
Puts a backup in the place of the SQLite database. The API and all workers must be stopped. The replaced database stays
beside the new one. First it opens a copy of the backup, and every VPN key in it. Follow docs/runbook.md afterwards.

  --drill  proves that the backup can be restored, and changes nothing; without a file: the newest in BACKUP_FOLDER`;

const options = { drill: { type: 'boolean' } } as const;

await runCommand({ help, options, positionals: 1 }, async ({ values: { drill }, positionals: [given] }) => {
  const config = restoreConfig();
  const target = sqliteFile(config.databaseUrl);
  const backup = given ?? (drill ? newest(config) : missingFile());
  const copy = `${target}.restoring-${process.pid}`;
  try {
    copyBackup(backup, copy);
    const content = await assertRestorable(copy, config.secretsKeys);
    if (drill) return `${backup} can be restored: ${content}. Nothing was changed.`;
    assertUnused(target);
    markRestored(copy, new Date());
    const aside = `${target}.replaced-${new Date().toISOString().replaceAll(':', '-')}`;
    replaceDatabase(target, copy, aside);
    return `Restored ${backup} to ${target}: ${content}. The replaced database is ${aside}. Read "After a restore of the database" in docs/runbook.md before you start workers.`;
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
  }
});

function sqliteFile(databaseUrl: string): string {
  if (databaseUrl.startsWith('file:')) return databaseUrl.slice('file:'.length);
  throw new UsageError('This command restores SQLite databases. Restore Postgres with its own tools: pg_restore.');
}

function newest({ backupFolder }: RestoreConfig): string {
  const found = datedBackups(backupFolder).at(-1);
  if (found !== undefined) return found;
  throw new UsageError(`There is no dated backup in ${backupFolder}. Make one (npm run backup), or give a file.`);
}

function missingFile(): never {
  throw new UsageError(`Give the file of the backup.\n${help.split('\n')[0]}`);
}
