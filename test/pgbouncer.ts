import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fixedPort } from './chaos/fixed-port.ts';
import { until } from './chaos/wait.ts';

/** A temporary PgBouncer before a Postgres. */
export interface TestPgBouncer {
  /** The address of the same database through it. */
  through(databaseUrl: string): string;
  stop(): Promise<void>;
}

export type PoolMode = 'transaction' | 'session' | 'statement';

/** The reason why PgBouncer cannot run here, with advice; null if it can. */
export function whyNoPgBouncer(): string | null {
  return program() ? null : "no pgbouncer was found: install Debian's package pgbouncer";
}

/**
 * Starts one that shares two connections to the server among all clients of a database, so that a client often gets
 * another one. `port`: of Postgres.
 */
export async function startTestPgBouncer(poolMode: PoolMode, port: number): Promise<TestPgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-pgbouncer-'));
  const ownPort = await fixedPort();
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, configuration({ poolMode, port, ownPort, folder }));
  // PgBouncer accepts only the users of this file, and Postgres any.
  writeFileSync(join(folder, 'users'), '"postgres" ""\n');
  const [user, group] = isRoot() ? idsOf('postgres') : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  for (const path of [folder, file, join(folder, 'users')]) chownSync(path, user, group);
  const child = spawn(program() ?? '', [file], { stdio: 'ignore', ...(isRoot() && { uid: user, gid: group }) });
  const exited = once(child, 'exit');
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  await until('PgBouncer', () => accepts(ownPort), 10_000);
  return {
    through: (databaseUrl) => Object.assign(new URL(databaseUrl), { port: String(ownPort) }).href,
    stop: async () => {
      process.off('exit', killNow);
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(options: { poolMode: PoolMode; port: number; ownPort: number; folder: string }): string {
  const { poolMode, port, ownPort, folder } = options;
  return `[databases]
* = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = ${poolMode}
default_pool_size = ${poolMode === 'session' ? 40 : 2}
max_client_conn = 500
server_idle_timeout = 1
server_login_retry = 1
logfile = ${join(folder, 'log')}
pidfile = ${join(folder, 'pid')}
`;
}

function program(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path)) ?? null;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function idsOf(user: string): [number, number] {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${user}:`));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return [Number(uid), Number(gid)];
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  return accepted.finally(() => socket.destroy());
}
