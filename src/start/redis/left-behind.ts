import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { containerDir } from './command.ts';
import { RedisStartError } from './error.ts';
import { type RunningRedis, untilReady } from './launch.ts';
import { isAlive, type Pidfile, readPidfile } from './pidfile.ts';
import { probe } from './probe.ts';
import { followLeftBehind } from './process.ts';

/**
 * The Redis that a killed process left running in this folder, once it answers; null where there is none.
 * It is recognised by the folder's pidfile and by naming the folder as its own. Throws RedisStartError where the
 * process that started it still lives, or where it does not answer: two servers must never write one folder.
 */
export async function findLeftBehind(dir: string): Promise<RunningRedis | null> {
  const known = readPidfile(dir);
  if (known === null) return null;
  if (!isAlive(known.pid)) return removeContainer(known);
  if ((await probe(known.port)).state === 'closed') return null;
  const running = { ...followLeftBehind(known.pid, known.container), port: known.port };
  if ((await untilReady(running)) === 'silent') throw doesNotAnswer(known);
  const answer = await probe(known.port);
  const workDir = known.container === null ? realpathSync(dir) : containerDir;
  if (answer.state !== 'ready' || answer.workDir !== workDir) return null;
  if (known.owner !== process.pid && isAlive(known.owner)) throw inUse(known, dir);
  return running;
}

/** A container outlives a docker client that was killed. */
function removeContainer({ container }: Pidfile): null {
  if (container !== null) spawnSync('docker', ['rm', '--force', container], { stdio: 'ignore' });
  return null;
}

function doesNotAnswer({ pid, port }: Pidfile): RedisStartError {
  const what = `The redis-server of an earlier run (process ${pid}) does not answer on port ${port}`;
  return new RedisStartError('silent', `${what}: end it with "kill ${pid}", then start again.`);
}

function inUse({ owner, port }: Pidfile, dir: string): RedisStartError {
  const what = `The Redis in ${dir} already serves process ${owner} on port ${port}`;
  return new RedisStartError('in-use', `${what}: stop that one first, or choose another data folder.`);
}
