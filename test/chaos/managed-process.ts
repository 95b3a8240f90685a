import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** One process of the installation, started again when it ends by itself, as a supervisor would. */
export interface Part {
  readonly name: string;
  /** Where it answers HTTP. */
  readonly url: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** How often it ended without having been told to by `stop` or `kill9`. */
  readonly crashes: number;
  /** Does nothing where it runs. `env` stays for later starts. Resolves once it is ready. */
  start(env?: Record<string, string>): Promise<void>;
  /** SIGKILL; stays down until `start`. */
  kill9(): Promise<void>;
  /** SIGTERM; resolves with its exit code (null: ended by a signal), and stays down until `start`. */
  stop(): Promise<number | null>;
  /** SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves once the process that runs now has ended. */
  ended(): Promise<void>;
}

export interface PartOptions {
  readonly name: string;
  /** In src/, without its ending. */
  readonly program: 'api' | 'worker' | 'simulator';
  readonly env: Record<string, string>;
  readonly url: string;
  /** Gets a `<name>.log`. */
  readonly folder: string;
  readonly untilReady: (signal: AbortSignal) => Promise<void>;
  /** Words before `node`, such as a tracer's. */
  readonly wrapper?: readonly string[];
}

const respawnMs = 1_000;
const readyWithinMs = 60_000;
const endWithParent = new URL(`../../src/start/end-with-parent.ts?parent=${process.pid}`, import.meta.url).href;

/** A part that is not started yet. */
export function createPart({ name, url, program, folder, untilReady, wrapper = [], ...options }: PartOptions): Part {
  const file = fileURLToPath(new URL(`../../src/${program}.ts`, import.meta.url));
  // A tracer stands between us and the process, which would then see a parent gone that never was.
  const guard = wrapper.length > 0 ? [] : ['--import', endWithParent];
  const [command = process.execPath, ...args] = [...wrapper, process.execPath, ...guard, file];
  const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
  let { env } = options;
  let child: ChildProcess | null = null;
  let wanted = false;
  let crashes = 0;

  const launch = () => {
    const launched = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    child = launched;
    launched.stdout.pipe(log, { end: false });
    launched.stderr.pipe(log, { end: false });
    launched.once('exit', async () => {
      if (child !== launched || !wanted) return;
      crashes++;
      await delay(respawnMs);
      if (child === launched && wanted) launch();
    });
  };
  const isRunning = () => child !== null && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    wanted = false;
    const ending = child;
    if (!ending || !isRunning()) return ending?.exitCode ?? null;
    const gone = once(ending, 'exit');
    ending.kill(signal);
    await gone;
    return ending.exitCode;
  };
  return {
    ...{ name, url },
    get pid() {
      return child?.pid ?? 0;
    },
    get isRunning() {
      return isRunning();
    },
    get crashes() {
      return crashes;
    },
    start: async (more = {}) => {
      env = { ...env, ...more };
      if (!isRunning()) launch();
      wanted = true;
      await untilReady(AbortSignal.timeout(readyWithinMs)).catch((cause: unknown) => {
        throw new Error(`${name} was not ready within ${readyWithinMs / 1000} s; see its log in ${folder}.`, { cause });
      });
    },
    kill9: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    signal: (signal) => void child?.kill(signal),
    ended: async () => {
      if (child && isRunning()) await once(child, 'exit');
    },
  };
}
