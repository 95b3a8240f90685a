import type { RedisRecord } from '#src/setup/record.mjs';

/** The data folder inside the container. */
export const containerDir = '/data';

export type RedisCommand = {
  file: string;
  args: string[];
  /** The program's environment; undefined: the whole environment, since the docker client needs its own settings. */
  env: Record<string, string> | undefined;
  /** The container's name; null: redis-server runs as a child process. */
  container: string | null;
  /** The data folder as Redis reports it. */
  workDir: string;
};

type Wanted = { record: RedisRecord; dir: string; port: number; appendOnly: boolean };

/** The command that runs redis-server from set-up's record: on loopback only, without snapshots, without eviction. */
export function redisCommand({ record, ...server }: Wanted): RedisCommand {
  return record.kind === 'docker' ? inContainer(record, server) : asProcess(record, server);
}

type Server = Omit<Wanted, 'record'>;

function asProcess(record: RedisRecord & { kind: 'binary' }, { dir, port, appendOnly }: Server): RedisCommand {
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

function inContainer({ image }: { image: string }, { dir, port, appendOnly }: Server): RedisCommand {
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
