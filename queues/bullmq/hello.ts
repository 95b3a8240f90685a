import type { Redis } from 'ioredis';

/** The answer to HELLO, which every user may ask, in contrast to INFO. */
export interface Hello {
  readonly version: string;
  readonly mode: 'standalone' | 'sentinel' | 'cluster';
  readonly isReplica: boolean;
}

const modes = ['standalone', 'sentinel', 'cluster'] as const;

/** Rejects as Redis's other commands do. null: the answer has another shape. */
export async function askHello(redis: Redis): Promise<Hello | null> {
  const answer: unknown = await redis.hello();
  if (!Array.isArray(answer)) return null;
  const fields = new Map<unknown, unknown>();
  for (let at = 0; at + 1 < answer.length; at += 2) fields.set(answer[at], answer[at + 1]);
  const mode = modes.find((name) => name === fields.get('mode'));
  return mode ? { mode, version: String(fields.get('version')), isReplica: fields.get('role') !== 'master' } : null;
}

/** Whether Redis itself answered with this error; otherwise the connection failed. ioredis does not type the class. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Whether Redis's ACL forbids the command to this user. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOPERM');
}

type InfoCallback = (error: Error | null | undefined, info?: string) => void;

/**
 * Makes INFO answer with the version alone if the user may not run it. Otherwise BullMQ, which reads the version first,
 * would never take a job. Applies to the copies of the connection as well.
 */
export function replaceForbiddenInfo(redis: Redis): void {
  const askInfo = redis.info.bind(redis);
  const copy = redis.duplicate.bind(redis);
  const info = (...given: (string | InfoCallback)[]): Promise<string> => {
    const callback = given.find((one) => typeof one === 'function');
    const sections = given.filter((one) => typeof one === 'string');
    const answer = askInfo(...sections).catch((error: unknown) => orVersion(redis, error));
    if (callback) answer.then((text) => callback(null, text), callback);
    return answer;
  };
  const duplicate: Redis['duplicate'] = (override) => {
    const duplicated = copy(override);
    replaceForbiddenInfo(duplicated);
    return duplicated;
  };
  // BullMQ wraps the connection in a proxy, which may replace only properties that can be written.
  Object.assign(redis, { info, duplicate });
}

async function orVersion(redis: Redis, error: unknown): Promise<string> {
  const hello = isForbidden(error) ? await askHello(redis) : null;
  if (!hello) throw error;
  return `redis_version:${hello.version}\r\n`;
}
