import { CommanderError } from '@commander-js/extra-typings';
import { errorText } from '#src/process.ts';
import { ApiError } from './api/api-error.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { loadGroups } from './groups.ts';
import { buildProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command and resolves with its exit code. An error is one line on the terminal's `err`. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = await programFor(args, terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof ApiError && program.opts().json) terminal.out.write(`${error.document}\n`);
    return endWith(error, terminal);
  }
}

/** The script of a shell calls `complete -- <words>`. Only these two commands need the library for shells. */
async function programFor(args: readonly string[], terminal: Terminal): Promise<ReturnType<typeof buildProgram>> {
  const [first, , word] = args;
  if (first !== 'completion' && first !== 'complete') return buildProgram(terminal, await loadGroups(first));
  return (await import('./completion.ts')).buildWithCompletion(terminal, await loadGroups(word));
}

function endWith(error: unknown, { err, stop }: Terminal): number {
  // Commander has printed its message, or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (stop.aborted) return exitCodes.interrupted;
  const text = errorText(error);
  if (text !== '') err.write(`ghostifi: ${text}\n`);
  return error instanceof CliError ? exitCodes[error.exit] : exitCodes.failed;
}
