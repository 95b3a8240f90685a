import type { RedisRecord } from '#src/setup/record.mjs';

/** Where the container sees the data folder. */
export const containerDir = '/data';

export type RedisCommand = {
  file: string;
  args: string[];
  /** What the program gets to see of the environment; undefined: all of it (the docker client needs its own settings). */
  env: Record<string, string> | undefined;
  /** The container's name, or null where redis-server runs as a process of ours. */
  container: string | null;
  /** The folder as Redis itself names it. */
  workDir: string;
};

type Wanted = { record: RedisRecord; dir: string; port: number; appendOnly: boolean };

/** How to run redis-server from set-up's record, on loopback only, without snapshots and without evicting jobs. */
export function redisCommand({ record, dir, port, appendOnly }: Wanted): RedisCommand {
  return record.kind === 'docker'
    ? inContainer(record.image, dir, port, appendOnly)
    : asProcess(record, dir, port, appendOnly);
}

function asProcess(
  record: RedisRecord & { kind: 'binary' },
  dir: string,
  port: number,
  appendOnly: boolean,
): RedisCommand {
  const libraries: Record<string, string> =
    record.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: record.libraryPath };
  return {
    file: record.path,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, ...settings(appendOnly)],
    env: libraries,
    container: null,
    workDir: dir,
  };
}

function inContainer(image: string, dir: string, port: number, appendOnly: boolean): RedisCommand {
  const container = `ghostifi-redis-${port}`;
  const user = process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : [];
  const mount = ['-v', `${dir}:${containerDir}`];
  const run = ['run', '--rm', '--name', container, '-p', `127.0.0.1:${port}:6379`, ...mount, ...user];
  const server = ['redis-server', '--protected-mode', 'no', '--dir', containerDir, ...settings(appendOnly)];
  return {
    file: 'docker',
    args: [...run, image, ...server],
    env: undefined,
    container,
    workDir: containerDir,
  };
}

function settings(appendOnly: boolean): string[] {
  const aof = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no'];
  return ['--save', '', ...aof, '--maxmemory-policy', 'noeviction'];
}
