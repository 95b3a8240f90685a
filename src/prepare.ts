import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '#db/open.ts';
import { runCommand, UsageError } from '#src/command.ts';
import { databaseUrl } from '#src/config.ts';
import { ensureTokenFile } from '#src/start/token-file.ts';

/** Makes ready what the processes of an installation share, before they start: the folder, its API tokens, the database. */
await runCommand(async () => {
  const [folder, ...others] = process.argv.slice(2);
  if (!folder || others.length > 0) throw new UsageError('Give one folder: node src/prepare.ts <folder>.');
  mkdirSync(join(folder, 'redis'), { recursive: true, mode: 0o700 });
  const tokenFile = join(folder, 'api-tokens');
  ensureTokenFile(tokenFile);
  const database = await openDatabase(databaseUrl());
  await database.close();
  return `Ready: the API tokens are in ${tokenFile}, and the database is up to date.`;
});
