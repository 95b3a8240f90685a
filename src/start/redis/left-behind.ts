import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { containerDir } from './command.ts';
import { RedisStartError } from './error.ts';
import { type RunningRedis, untilReady } from './launch.ts';
import { isAlive, type Pidfile, readPidfile } from './pidfile.ts';
import { probe } from './probe.ts';
import { followLeftBehind } from './process.ts';

/**
 * Returns the Redis that a killed process left running in this folder, once it answers; null if there is none.
 * It is identified by the folder's pidfile, and must report this folder as its own. Throws RedisStartError if the
 * process that started it is alive, or if it does not answer, since two servers must never write to one folder.
 */
export async function findLeftBehind(dir: string): Promise<RunningRedis | null> {
  const recorded = readPidfile(dir);
  if (recorded === null) return null;
  if (!isAlive(recorded.pid)) return removeContainer(recorded);
  if ((await probe(recorded.port)).state === 'closed') return null;
  const running = { ...followLeftBehind(recorded.pid, recorded.container), port: recorded.port };
  if ((await untilReady(running)) === 'silent') throw doesNotAnswer(recorded);
  const answer = await probe(recorded.port);
  const workDir = recorded.container === null ? realpathSync(dir) : containerDir;
  if (answer.state !== 'ready' || answer.workDir !== workDir) return null;
  if (recorded.owner !== process.pid && isAlive(recorded.owner)) throw inUse(recorded, dir);
  return running;
}

/** A container keeps running when its docker client is killed. */
function removeContainer({ container }: Pidfile): null {
  if (container !== null) spawnSync('docker', ['rm', '--force', container], { stdio: 'ignore' });
  return null;
}

function doesNotAnswer({ pid, port }: Pidfile): RedisStartError {
  const what = `The redis-server of an earlier run (process ${pid}) does not answer on port ${port}`;
  return new RedisStartError('silent', `${what}. End it with "kill ${pid}", then start again.`);
}

function inUse({ owner, port }: Pidfile, dir: string): RedisStartError {
  const what = `The Redis in ${dir} already serves process ${owner} on port ${port}`;
  return new RedisStartError('in-use', `${what}. Stop that process first, or choose another data folder.`);
}
