import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Permission bits apply even if the test runs as root. */
  readonly unprivileged?: true;
}

/** Starts a file of the project as a process. */
export function start(file: string, { args = [], databaseUrl, env: more, cwd, unprivileged }: RunOptions = {}) {
  const command = [process.execPath, fileURLToPath(new URL(`../../${file}`, import.meta.url)), ...args];
  const [first = '', ...rest] = unprivileged && isRoot() ? [...withoutPrivileges, ...command] : command;
  const env = {
    PATH: process.env.PATH ?? '',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...more,
  };
  return spawn(first, rest, { env, stdio: ['pipe', 'pipe', 'pipe'], ...(cwd !== undefined && { cwd }) });
}

export async function run(file: string, options: RunOptions = {}): Promise<Ended> {
  const child = start(file, options);
  child.stdin.end();
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, signal, out, err };
}

/** Root without the capability to ignore permission bits. */
const withoutPrivileges = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
