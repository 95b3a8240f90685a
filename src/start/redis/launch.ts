import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisRecord } from '#src/setup/record.mjs';
import { redisCommand } from './command.ts';
import { endedAtStart, portTaken, RedisStartError } from './error.ts';
import { removePidfile, writePidfile } from './pidfile.ts';
import { freePort, probe } from './probe.ts';
import { type RedisProcess, signalRedis, spawnRedis } from './process.ts';

const answerWithinMs = 10_000;
/** Reading a large append-only file takes long; meanwhile Redis answers LOADING. */
const loadWithinMs = 300_000;
const pollEveryMs = 20;
const maxPortAttempts = 3;

export type LaunchOptions = {
  record: RedisRecord;
  dir: string;
  /** undefined: any free port. */
  port: number | undefined;
  appendOnly: boolean;
  detached: boolean;
};

export type RunningRedis = RedisProcess & { port: number };

/** Starts redis-server in a folder; resolves when it answers. Throws RedisStartError. */
export async function launchRedis(options: LaunchOptions): Promise<RunningRedis> {
  if (options.port !== undefined) return await launchOn(options.port, options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await launchOn(await freePort(), options);
    } catch (error) {
      const isTaken = error instanceof RedisStartError && error.fault === 'port-taken';
      if (!isTaken || attempt === maxPortAttempts) throw error;
    }
  }
}

/** Waits until the Redis at a port answers, until its process has exited, or until the deadline (`silent`). */
export async function untilReady({ port, hasExited }: RunningRedis): Promise<'ready' | 'exited' | 'silent'> {
  const startedAt = performance.now();
  for (;;) {
    if (hasExited()) return 'exited';
    const { state } = await probe(port);
    if (state === 'ready') return hasExited() ? 'exited' : 'ready';
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > (state === 'loading' ? loadWithinMs : answerWithinMs)) return 'silent';
    await delay(pollEveryMs);
  }
}

async function launchOn(port: number, options: LaunchOptions): Promise<RunningRedis> {
  const { dir, detached } = options;
  const command = redisCommand({ ...options, port });
  if ((await probe(port)).state !== 'closed') throw portTaken(port);
  const running = { ...(await spawnRedis(command, dir, detached)), port };
  writePidfile(dir, { ...running, owner: process.pid });
  const state = await untilReady(running);
  if (state === 'ready') return running;
  signalRedis(running, 'SIGKILL');
  await running.exited;
  removePidfile(dir);
  throw notReady(state, { dir, port });
}

function notReady(state: 'exited' | 'silent', at: { dir: string; port: number }) {
  const log = readFileSync(join(at.dir, 'redis.log'), 'utf8');
  if (state === 'exited') return endedAtStart({ ...at, log });
  const waited = `redis-server did not answer on port ${at.port} within ${answerWithinMs / 1000} s`;
  return new RedisStartError('silent', `${waited}. See ${at.dir}/redis.log, then start again.`);
}
