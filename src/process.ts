import { inspect } from 'node:util';
import { isNoSpace, OperatorError } from '#db/errors.ts';
import { boundHeapGrowth } from './heap-growth.ts';
import { readArguments } from './usage.ts';

const exitWithinMs = 100;

/** Stops a running process in order; called once, with the signal that the process received. */
export type Stop = (signal: NodeJS.Signals) => Promise<void>;

/**
 * Runs a service process: starts it, waits for the first SIGTERM or SIGINT, stops it in order and exits 0.
 * A signal during the start ends the process at once, and so does a second signal of the same kind.
 * If start or stop fails, it prints the error and exits 1. It takes no argument but `--help`, which only prints `help`.
 */
export async function runProcess(help: string, main: () => Promise<Stop>): Promise<void> {
  boundHeapGrowth();
  try {
    if (readArguments({ help }) === null) return void process.stdout.write(`${help}\n`);
    const stop = await main();
    await stop(await firstSignal());
    exitSoon(0);
  } catch (error) {
    fail(error);
  }
}

/**
 * Runs a program started in a terminal. SIGINT, SIGTERM or SIGHUP aborts the signal, and `main` returns soon after.
 * Further signals have no effect, since npm repeats a Ctrl-C that the terminal has sent to all processes.
 * If `main` fails, it prints the error and exits 1. It takes no argument but `--help`, which only prints `help`.
 */
export async function runInTerminal(help: string, main: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  try {
    if (readArguments({ help }) === null) return void process.stdout.write(`${help}\n`);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
    await main(stopping.signal);
  } catch (error) {
    fail(error);
  }
}

/** The message of an OperatorError, what to do about a full disk, or the stack of any other error. */
export function errorText(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  // The message of the system names the call and, if it has one, the file.
  if (isNoSpace(error)) return `A disk is full (${error.message}). Free some space on it, then start again.`;
  return inspect(error);
}

async function firstSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once('SIGTERM', resolve).once('SIGINT', resolve);
  return promise;
}

/** Prints the error and exits 1 soon: nothing in this process can handle it. */
export function fail(error: unknown): void {
  process.stderr.write(`${errorText(error)}\n`);
  exitSoon(1);
}

/**
 * Exits when nothing is left to do, or after 100 ms. Otherwise a cloud call that hangs past the grace period would keep
 * the process alive; its job is recovered through its lock. An exit at once could hang: pino flushes its last lines at
 * the exit, and retries forever if the reader of standard output is gone.
 */
function exitSoon(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(), exitWithinMs).unref();
}
