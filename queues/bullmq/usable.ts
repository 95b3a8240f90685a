import type { Redis } from 'ioredis';
import { OperatorError } from '#db/errors.ts';
import { answerWithin } from '#queues/within.ts';
import { askHello, type Hello } from './hello.ts';

/** The settings lead to a Redis that can never run the queue. */
export class RedisUnusableError extends OperatorError {
  override readonly name = 'RedisUnusableError';
}

/** Redis may be away at the start: then this resolves, and the alerts report what it finds later. */
const answerMs = 1_000;
const oldestVersion = 7;

/** Throws RedisUnusableError if a Redis answers within a second and can never run the queue. */
export async function assertUsable(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') await answerWithin(answerMs, untilReady(redis));
  if (redis.status !== 'ready') return;
  const hello = await answerWithin(answerMs, askHello(redis));
  const fault = (hello && faultOf(hello)) ?? (await databaseFault(redis));
  if (fault !== null) throw new RedisUnusableError(fault);
}

/** An error does not end the wait: ioredis reports a database that is out of range, and goes on. */
function untilReady(redis: Redis): Promise<void> {
  return new Promise((resolve) => redis.once('ready', () => resolve()));
}

function faultOf({ mode, version }: Hello): string | null {
  if (mode === 'cluster') return inCluster;
  if (mode === 'sentinel')
    return 'REDIS_URL leads to a Redis Sentinel. Name the Sentinels in REDIS_SENTINELS, and their name of the primary in REDIS_MASTER.';
  if (Number.parseInt(version, 10) < oldestVersion)
    return `Redis ${version} is too old. Use Redis ${oldestVersion} or newer, or Valkey.`;
  return null;
}

/** Also the message of the alert. */
export const inCluster =
  'Redis is in cluster mode, in which the queue cannot run: no job is taken. Use a Redis without cluster mode (cluster-enabled no); Sentinel makes it highly available (REDIS_SENTINELS).';

/** ioredis goes on with database 0 if Redis has no database with the number of the URL. */
async function databaseFault(redis: Redis): Promise<string | null> {
  const database = redis.options.db ?? 0;
  if (database === 0) return null;
  const refusal = redis.select(database).then(
    () => null,
    (error: Error) => error.message,
  );
  const message = await answerWithin(answerMs, refusal);
  return message?.includes('out of range') ? `Redis has no database ${database}, which REDIS_URL names.` : null;
}
