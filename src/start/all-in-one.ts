import { join } from 'node:path';
import type { StartConfig } from '#src/config/start.ts';
import { type Child, type Crash, startChild } from './child.ts';
import { assertFree } from './free-port.ts';
import { localUrl } from './local-url.ts';
import { freePort } from './redis/probe.ts';
import { type OwnRedis, startRedis } from './redis/redis.ts';
import { ensureSecretsKeyFile } from './secrets-key-file.ts';
import { StartError } from './start-error.ts';
import { claimFolder } from './start-lock.ts';
import { ensureTokenFile, type Secrets } from './token-file.ts';
import { untilReady } from './until-ready.ts';

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
  /** Gives up a start that is not ready yet. */
  readonly signal: AbortSignal;
}

const cloudStopMs = 3_000;
/** What a killed start leaves behind notices that within half a second, and then gives up its port at once. */
const leftBehindMs = 5_000;

/**
 * Starts everything that the service consists of, each part as a process of its own. Resolves when it takes purchases
 * and a worker runs them. Throws StartError, RedisStartError or the signal's reason; what was started is stopped before.
 */
export async function startAllInOne({ config, onLine, onCrash, signal }: AllInOneOptions): Promise<AllInOne> {
  const { dataDir } = config;
  const claim = claimFolder(dataDir);
  const running: Running = { children: [], redis: null, release: claim.release };
  const starting = new AbortController();
  let crash = (message: string) => starting.abort(new StartError(message));
  try {
    const ports = await choosePorts(config, claim.leftBehind ? leftBehindMs : 0);
    const secrets = ensureTokenFile(join(dataDir, 'api-tokens'));
    if (config.secretsKeyFile) ensureSecretsKeyFile(config.secretsKeyFile);
    const onDamaged = (aside: string) => onLine('redis', startedEmpty(aside));
    const onExit = () => crash(redisEnded(dataDir));
    running.redis = config.redisUrl ? null : await startRedis({ dataDir, onDamaged, onExit });
    signal.throwIfAborted();
    startChildren(running, { config, ports, onLine, onCrash: (child) => crash(childEnded(child)) });
    const apiUrl = localUrl({ host: config.host, port: ports.api });
    await untilReady(apiUrl, AbortSignal.any([signal, starting.signal]));
    crash = onCrash;
    const simulatorUrl = ports.simulator === null ? null : `http://127.0.0.1:${ports.simulator}`;
    return { apiUrl, simulatorUrl, secrets, stop: () => stopAll(running, config) };
  } catch (error) {
    await stopAll(running, config);
    throw error;
  }
}

interface Ports {
  readonly api: number;
  readonly simulator: number | null;
}

/** The configured ones, if they are to be had; a free one where that is 0. */
async function choosePorts({ host, port, simulatorPort }: StartConfig, waitMs: number): Promise<Ports> {
  const choose = async (host: string, port: number, variable: string): Promise<number> => {
    if (port === 0) return freePort();
    await assertFree({ host, port, variable, waitMs });
    return port;
  };
  const api = await choose(host, port, 'PORT');
  return { api, simulator: simulatorPort === null ? null : await choose('127.0.0.1', simulatorPort, 'SIMULATOR_PORT') };
}

interface Running {
  readonly children: Child[];
  redis: OwnRedis | null;
  readonly release: () => void;
  stopped?: Promise<void>;
}

interface Wiring {
  readonly config: StartConfig;
  readonly ports: Ports;
  readonly onLine: (process: string, line: string) => void;
  readonly onCrash: (crash: Crash) => void;
}

function startChildren(running: Running, { config, ports, onLine, onCrash }: Wiring): void {
  const env = {
    ...config.env,
    PORT: String(ports.api),
    REDIS_URL: config.redisUrl ?? running.redis?.url,
    DATABASE_URL: config.databaseUrl,
    API_TOKENS_FILE: join(config.dataDir, 'api-tokens'),
    ...(config.secretsKeyFile && { SECRETS_KEY_FILE: config.secretsKeyFile }),
    SIMULATOR_DATA: join(config.dataDir, 'simulator.json'),
    ...(ports.simulator !== null && {
      SIMULATOR_PORT: String(ports.simulator),
      SIMULATOR_URL: `http://127.0.0.1:${ports.simulator}/v2`,
      ...(!config.env.DNS?.trim() && simulatedDns(ports.simulator)),
    }),
  };
  for (const name of ports.simulator === null ? ['worker', 'api'] : ['simulator', 'worker', 'api']) {
    running.children.push(startChild({ name, env, onCrash, onLine: (line) => onLine(name, line) }));
  }
}

/** Its API takes the same key as the simulated cloud's. */
function simulatedDns(port: number) {
  return {
    DNS: 'cloudflare',
    CLOUDFLARE_API_URL: `http://127.0.0.1:${port}/cloudflare/client/v4`,
    CLOUDFLARE_API_TOKEN: 'simulator',
  };
}

/** A refusal says by itself what to do; a surprise does not. */
function childEnded({ name, ending, lastOutput }: Crash): string {
  const isExpected = lastOutput !== '' && !/^\s+at /m.test(lastOutput);
  const notice = `The ${name} process ended unexpectedly (${ending}). Nothing is lost: start again.`;
  return isExpected ? lastOutput : `${lastOutput}\n${notice}`.trim();
}

function redisEnded(dataDir: string): string {
  return `Redis ended unexpectedly; its log is ${join(dataDir, 'redis', 'redis.log')}. Nothing is lost: start again.`;
}

function startedEmpty(aside: string): string {
  return `Redis could not read its file, which was put aside (${aside}): it starts empty, and the database tells it every job again.`;
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
