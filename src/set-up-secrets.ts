import { runCommand, UsageError } from '#src/command.ts';
import { ensureTokenFile } from '#src/start/token-file.ts';

/** Makes the API tokens that an installation starts with; those that there are stay as they are. */
await runCommand(async () => {
  const [file, ...others] = process.argv.slice(2);
  if (!file || others.length > 0) throw new UsageError('Give one file: node src/set-up-secrets.ts <file>.');
  ensureTokenFile(file);
  return `The API tokens are in ${file}.`;
});
