import { OperatorError } from '#db/errors.ts';
export const redisFaults = ['not-found', 'folder', 'in-use', 'port-taken', 'damaged', 'silent', 'exited'] as const;
export type RedisFault = (typeof redisFaults)[number];

/** The installation's own Redis could not be started; the message says what to do. */
export class RedisStartError extends OperatorError {
  override readonly name = 'RedisStartError';
  readonly fault: RedisFault;

  constructor(fault: RedisFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

type Ended = { log: string; dir: string; port: number };

/** The error for a redis-server that ended before it answered. Its cause is read from the last lines of its log. */
export function endedAtStart({ log, dir, port }: Ended): RedisStartError {
  if (/Address already in use|port is already allocated/.test(log)) return portTaken(port);
  if (/Permission denied|Read-only file system|No space left/.test(log)) return folderFault(dir, lastLine(log));
  if (/append only file|redis-check-aof|AOF|RDB preamble/.test(log)) {
    return new RedisStartError(
      'damaged',
      `Redis cannot read its file in ${dir} (${lastLine(log).split(': ')[0]}). Delete that folder: every job is in the database and is published again.`,
    );
  }
  return new RedisStartError('exited', `redis-server ended during its start: ${lastLine(log)} (see ${dir}/redis.log).`);
}

export function portTaken(port: number): RedisStartError {
  return new RedisStartError(
    'port-taken',
    `Port ${port} is used by another program. Stop that program, or choose another port.`,
  );
}

export function folderFault(dir: string, why: string, options?: ErrorOptions): RedisStartError {
  return new RedisStartError(
    'folder',
    `Redis cannot write to ${dir} (${why}). Make that folder writable, or free space on its disk.`,
    options,
  );
}

function lastLine(log: string): string {
  const line = log.trim().split('\n').at(-1) ?? '';
  return line.replace(/^\d+:\S+ .*? [#*.-] /, '') || 'it wrote no log';
}
