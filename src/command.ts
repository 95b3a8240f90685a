import { errorText } from './process.ts';
import { type Given, readArguments, type Usage } from './usage.ts';

/**
 * Runs a command that does one thing: prints the line that it returns and exits 0, or prints the error and exits 1.
 * With `--help` it prints the help, and the command is not called.
 */
export async function runCommand(usage: Usage, command: (given: Given) => Promise<string>): Promise<void> {
  try {
    const given = readArguments(usage);
    process.stdout.write(`${given === null ? usage.help : await command(given)}\n`);
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  }
}
