import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StartConfig } from '#src/config.ts';
import { type Child, startChild } from './child.ts';
import { assertFree } from './free-port.ts';
import { type OwnRedis, startRedis } from './redis.ts';
import { StartError } from './start-error.ts';
import { claimFolder } from './start-lock.ts';
import { ensureTokenFile, type Secrets } from './token-file.ts';

export interface AllInOne {
  readonly apiUrl: string;
  /** null: the machines are made at a real cloud. */
  readonly simulatorUrl: string | null;
  readonly secrets: Secrets;
  /** Stops workers and API, then the cloud, then Redis. A second call waits for the same end. */
  stop(): Promise<void>;
}

export interface AllInOneOptions {
  readonly config: StartConfig;
  readonly onLine: (process: string, line: string) => void;
  /** Called once if a part ends without having been asked to. */
  readonly onCrash: (message: string) => void;
}

const readyWithinMs = 60_000;
const askEveryMs = 100;
const cloudStopMs = 3_000;

/**
 * Starts everything that the service consists of, each part as a process of its own. Resolves when it takes purchases
 * and a worker runs them. Throws StartError or RedisStartError; what was started is stopped before.
 */
export async function startAllInOne({ config, onLine, onCrash }: AllInOneOptions): Promise<AllInOne> {
  const { dataDir, host, port, simulatorPort } = config;
  const release = claimFolder(dataDir);
  const running: Running = { children: [], redis: null, release };
  const { promise: crashed, reject } = Promise.withResolvers<never>();
  let crash = (message: string) => reject(new StartError(message));
  crashed.catch(() => undefined);
  try {
    await assertFree(host, port, 'PORT');
    if (simulatorPort !== null) await assertFree('127.0.0.1', simulatorPort, 'SIMULATOR_PORT');
    const told = { onLine, onCrash: (message: string) => crash(message) };
    const secrets = ensureTokenFile(join(dataDir, 'api-tokens'));
    running.redis = config.redisUrl ? null : await startRedis({ dataDir, onExit: () => crash(redisEnded(dataDir)) });
    startChildren(running, config, told);
    const apiUrl = `http://${host}:${port}`;
    await Promise.race([untilReady(apiUrl), crashed]);
    crash = onCrash;
    return {
      apiUrl,
      simulatorUrl: simulatorPort === null ? null : `http://127.0.0.1:${simulatorPort}`,
      secrets,
      stop: () => stopAll(running, config),
    };
  } catch (error) {
    await stopAll(running, config);
    throw error;
  }
}

interface Running {
  readonly children: Child[];
  redis: OwnRedis | null;
  readonly release: () => void;
  stopped?: Promise<void>;
}

function startChildren(running: Running, config: StartConfig, told: Pick<AllInOneOptions, 'onLine' | 'onCrash'>): void {
  const env = {
    ...config.env,
    REDIS_URL: config.redisUrl ?? running.redis?.url,
    DATABASE_URL: config.databaseUrl,
    API_TOKENS_FILE: join(config.dataDir, 'api-tokens'),
    SIMULATOR_DATA: join(config.dataDir, 'simulator.json'),
    ...(config.simulatorPort !== null && {
      SIMULATOR_PORT: String(config.simulatorPort),
      SIMULATOR_URL: `http://127.0.0.1:${config.simulatorPort}/v2`,
    }),
  };
  const onCrash = (name: string, lastWords: string) =>
    told.onCrash(lastWords || `The ${name} process ended unexpectedly.`);
  for (const name of config.simulatorPort === null ? ['worker', 'api'] : ['simulator', 'worker', 'api']) {
    running.children.push(startChild({ name, env, onCrash, onLine: (line) => told.onLine(name, line) }));
  }
}

function redisEnded(dataDir: string): string {
  return `Redis ended unexpectedly; its log is in ${join(dataDir, 'redis', 'redis.log')}. Nothing is lost: start again.`;
}

/** Ready is when a purchase would be taken and run. */
async function untilReady(apiUrl: string): Promise<void> {
  const giveUpAt = performance.now() + readyWithinMs;
  while (performance.now() < giveUpAt) {
    if (await isReady(apiUrl)) return;
    await delay(askEveryMs);
  }
  throw new StartError(
    `The service was not ready after ${readyWithinMs / 1000} s. Run it with LOG_LEVEL=debug to see what it waits for.`,
  );
}

async function isReady(apiUrl: string): Promise<boolean> {
  try {
    const answer = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
    const state: unknown = await answer.json();
    return answer.ok && typeof state === 'object' && state !== null && 'workers' in state && state.workers === 'ok';
  } catch {
    // Not listening yet.
    return false;
  }
}

function stopAll(running: Running, { shutdownGraceSeconds }: StartConfig): Promise<void> {
  running.stopped ??= (async () => {
    const graceMs = (shutdownGraceSeconds + 5) * 1000;
    const [clouds, others] = [running.children.filter(isCloud), running.children.filter((child) => !isCloud(child))];
    await Promise.all(others.map((child) => child.stop(graceMs)));
    await Promise.all(clouds.map((child) => child.stop(cloudStopMs)));
    await running.redis?.stop();
    running.release();
  })();
  return running.stopped;
}

function isCloud({ name }: Child): boolean {
  return name === 'simulator';
}
