import { OperatorError } from '#db/errors.ts';
import { errorText } from './process.ts';

/** The arguments of a command are wrong; the message shows the right ones. */
export class UsageError extends OperatorError {
  override readonly name = 'UsageError';
}

/** Runs a command that does one thing: prints the line that it returns and exits 0, or prints the error and exits 1. */
export async function runCommand(command: () => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await command()}\n`);
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  }
}
