import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Ends the program when aborted. */
  readonly signal?: AbortSignal;
}

const usualTimeoutMs = 60_000;

/**
 * Runs a program to its end. Of the environment it gets only the variables that locate the engine. A terminal's Ctrl-C
 * does not reach it, so that the clean-up is not interrupted.
 */
export async function tryRun(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, timeoutMs = usualTimeoutMs, signal } = options;
  const [program = '', ...args] = command;
  const timeout = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, {
    env: { ...engineVariables(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, stdout, stderr };
}

/** Runs a program and returns its standard output. Throws if it fails. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, options).catch((cause: unknown) => {
    throw new Error(`${command.join(' ')} did not end: ${String(cause)}`, { cause });
  });
  if (code === 0) return stdout;
  throw new Error(`${command.join(' ')} exited with ${code}:\n${`${stdout}${stderr}`.trim().slice(-2_000)}`);
}

/** The installation must not get DATABASE_URL or CLOUD of a production from the environment. */
function engineVariables(): NodeJS.ProcessEnv {
  const names = /^(PATH|HOME|DOCKER_.*|XDG_RUNTIME_DIR|SSH_AUTH_SOCK)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}
