import { BackupError } from '#db/backup.ts';
import { DatabaseUnusableError } from '#db/errors.ts';
import { ConfigError } from './config.ts';
import { StartError } from './start/start-error.ts';
import { SealedError } from './vpn/sealed.ts';

/** What a command was told on its command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const refusals = [BackupError, ConfigError, DatabaseUnusableError, SealedError, StartError, UsageError];

/** Runs a command that does one thing: prints the line that it returns and exits 0, or says why not and exits 1. */
export async function runCommand(command: () => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await command()}\n`);
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** A refusal says all in its message; of a surprise one wants to know where it came from. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = refusals.some((refusal) => error instanceof refusal);
  return expected ? error.message : (error.stack ?? error.message);
}
