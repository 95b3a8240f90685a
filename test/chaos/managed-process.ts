import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compileCache } from '#src/start/child.ts';

/** One process of the installation. It is restarted if it exits by itself, like under a supervisor. */
export interface ManagedProcess {
  readonly name: string;
  /** The base URL of its HTTP server. */
  readonly url: string;
  /** The id of the current or last process. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** The number of exits without `stop` or `kill9`. */
  readonly crashes: number;
  /** Resolves once the process is ready. Starts nothing if it runs. `env` is kept for later starts. */
  start(env?: Record<string, string>): Promise<void>;
  /** SIGKILL. The process stays down until `start`. */
  kill9(): Promise<void>;
  /** SIGTERM. Resolves with the exit code, or null if a signal ended it. The process stays down until `start`. */
  stop(): Promise<number | null>;
  /** Sends a signal such as SIGSTOP or SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves once the current process has exited. */
  ended(): Promise<void>;
}

export interface ManagedProcessOptions {
  readonly name: string;
  /** A file of src/, without its extension. */
  readonly program: 'api' | 'worker' | 'simulator';
  readonly env: Record<string, string>;
  readonly url: string;
  /** The folder of the log file, `<name>.log`. */
  readonly folder: string;
  readonly untilReady: (signal: AbortSignal) => Promise<void>;
  /** A command that runs `node`, such as a tracer with its arguments. */
  readonly wrapper?: readonly string[];
}

const respawnMs = 1_000;
const readyWithinMs = 60_000;
const endWithParent = new URL(`../../src/start/end-with-parent.ts?parent=${process.pid}`, import.meta.url).href;

/** Starts nothing yet. */
export function createProcess(options: ManagedProcessOptions): ManagedProcess {
  return new Supervisor(options);
}

class Supervisor implements ManagedProcess {
  readonly #options: ManagedProcessOptions;
  readonly #log: WriteStream;
  #env: Record<string, string>;
  #child: ChildProcess | null = null;
  #shouldRun = false;
  #crashes = 0;

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
    this.#env = options.env;
    this.#log = createWriteStream(join(options.folder, `${options.name}.log`), { flags: 'a' });
  }

  get name(): string {
    return this.#options.name;
  }

  get url(): string {
    return this.#options.url;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get crashes(): number {
    return this.#crashes;
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    const { name, folder, untilReady } = this.#options;
    this.#env = { ...this.#env, ...env };
    if (!this.isRunning) this.#launch();
    this.#shouldRun = true;
    await untilReady(AbortSignal.timeout(readyWithinMs)).catch((cause: unknown) => {
      throw new Error(`${name} was not ready within ${readyWithinMs / 1000} s; see its log in ${folder}.`, { cause });
    });
  }

  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async ended(): Promise<void> {
    if (this.#child && this.isRunning) await once(this.#child, 'exit');
  }

  #launch(): void {
    const { command, args } = commandLine(this.#options);
    const launched = spawn(command, args, {
      env: { ...compileCache, ...this.#env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = launched;
    launched.stdout.pipe(this.#log, { end: false });
    launched.stderr.pipe(this.#log, { end: false });
    launched.once('exit', () => this.#restart(launched));
  }

  /** Restarts the process unless `stop`, `kill9` or a later launch came first. */
  async #restart(exited: ChildProcess): Promise<void> {
    if (this.#child !== exited || !this.#shouldRun) return;
    this.#crashes++;
    await delay(respawnMs);
    if (this.#child === exited && this.#shouldRun) this.#launch();
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    this.#shouldRun = false;
    const ending = this.#child;
    if (!ending || !this.isRunning) return ending?.exitCode ?? null;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    await exited;
    return ending.exitCode;
  }
}

function commandLine({ program, wrapper = [] }: ManagedProcessOptions): { command: string; args: string[] } {
  const file = fileURLToPath(new URL(`../../src/${program}.ts`, import.meta.url));
  // Under a tracer the process has another parent, and end-with-parent.ts would end it at once.
  const guard = wrapper.length > 0 ? [] : ['--import', endWithParent];
  const [command = process.execPath, ...args] = [...wrapper, process.execPath, ...guard, file];
  return { command, args };
}
