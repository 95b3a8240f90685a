import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

/** A temporary Postgres for one test file. stop() removes all of it. */
export interface TestPostgres {
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** Restarts the server on the same port, which ends every connection. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const settings = ['max_connections=200'];
const withoutFsync = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** The reason why Postgres cannot run here, with advice; null if it can. */
export function whyNoPostgres(): string | null {
  if (binaries()) return null;
  return "no Postgres server was found: install Debian's postgresql, or put initdb and pg_ctl on PATH";
}

/**
 * Starts a server on a free port, in a temporary folder; without fsync unless `durable`. Throws if `whyNoPostgres` is
 * not null.
 */
export async function startTestPostgres({ durable = false } = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-postgres-'));
  const port = await freePort();
  const data = join(folder, 'data');
  if (isRoot()) await run('chown', ['postgres', folder]);
  await command('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8']);
  const options = [
    ...settings,
    ...(durable ? [] : withoutFsync),
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
  ]
    .map((setting) => `-c ${setting}`)
    .join(' ');
  const control = (...args: string[]) =>
    command('pg_ctl', ['-D', data, '-l', join(folder, 'log'), '-o', options, '-w', ...args]);
  await control('start');
  const killNow = () => killServer(data);
  process.once('exit', killNow);
  const databaseUrl = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`;
  let created = 0;
  return {
    createDatabase: async () => {
      const name = `test_${++created}`;
      await query(databaseUrl('postgres'), `CREATE DATABASE ${name}`);
      return databaseUrl(name);
    },
    restart: () => control('-m', 'fast', 'restart'),
    stop: async () => {
      process.off('exit', killNow);
      await control('-m', 'immediate', 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of Debian's newest server binaries, or a folder of PATH with these binaries. */
function binaries(): string | null {
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const onPath = (process.env.PATH ?? '').split(delimiter);
  const complete = (folder: string) => ['initdb', 'pg_ctl'].every((name) => existsSync(join(folder, name)));
  return [...debian.reverse(), ...onPath].find(complete) ?? null;
}

/**
 * Runs a program of the server, as user postgres if this is root, which Postgres refuses. Output is discarded, because
 * the server keeps its pipe open.
 */
async function command(program: 'initdb' | 'pg_ctl', args: readonly string[]): Promise<void> {
  const folder = binaries();
  if (folder === null) throw new Error(`Skip: ${whyNoPostgres()}.`);
  const whole = [...(isRoot() ? ['runuser', '-u', 'postgres', '--'] : []), join(folder, program), ...args];
  const [first = '', ...rest] = whole;
  const [code] = await once(spawn(first, rest, { stdio: 'ignore', cwd: '/' }), 'exit');
  if (code !== 0) throw new Error(`${whole.join(' ')} exited with ${code}.`);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Kills the server if the test process exits without stop(). */
function killServer(data: string): void {
  const pidFile = join(data, 'postmaster.pid');
  if (existsSync(pidFile)) process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGQUIT');
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The operating system assigned no port.');
  return address.port;
}
