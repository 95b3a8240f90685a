import { join } from 'node:path';
import { type ChildName, ownEnvironment } from '#src/config/own-environment.ts';
import type { StartConfig } from '#src/config/start.ts';
import { type Child, type Crash, startChild } from './child.ts';
import { childEnvironment, type Ports } from './child-environment.ts';
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
  /** The name of the cloud for use in a sentence. */
  readonly cloudTitle: string;
  /** null: a real cloud is used. */
  readonly simulatorUrl: string | null;
  /** The page of the simulated shop; null: there is a real Stripe, or none. */
  readonly shopUrl: string | null;
  readonly secrets: Secrets;
  /** Stops workers and API, then the cloud, then Redis. A second call waits for the same end. */
  stop(): Promise<void>;
}

export interface AllInOneOptions {
  readonly config: StartConfig;
  readonly onLine: (process: string, line: string) => void;
  /** Called once if one of the processes ends without `stop`. */
  readonly onCrash: (message: string) => void;
  /** Aborts the start until it is ready. */
  readonly signal: AbortSignal;
}

const cloudStopMs = 3_000;
/** The processes of a killed start notice its end within half a second, and then release their ports at once. */
const leftBehindMs = 5_000;

/**
 * Starts the whole service, each part as its own process. Resolves when the API accepts purchases and a worker runs
 * jobs. Throws StartError, RedisStartError or the signal's reason, after it has stopped everything that it started.
 */
export async function startAllInOne(options: AllInOneOptions): Promise<AllInOne> {
  const { config, onCrash } = options;
  const claim = claimFolder(config.dataDir);
  const running: Running = { children: [], redis: null, release: claim.release };
  const crashed = new AbortController();
  const handlers = { onCrash: (message: string) => crashed.abort(new StartError(message)) };
  try {
    const ports = await choosePorts(config, claim.leftBehind ? leftBehindMs : 0);
    const secrets = ensureSecrets(config);
    await startProcesses(running, { ...options, ports, onCrash: (message) => handlers.onCrash(message) });
    const apiUrl = localUrl({ host: config.host, port: ports.api });
    await untilReady(apiUrl, AbortSignal.any([options.signal, crashed.signal]));
    handlers.onCrash = onCrash;
    const simulatorUrl = ports.simulator === null ? null : `http://127.0.0.1:${ports.simulator}`;
    const shopUrl = config.simulatesStripe ? `${simulatorUrl}/stripe/shop` : null;
    const { cloudTitle } = config;
    return { apiUrl, cloudTitle, simulatorUrl, shopUrl, secrets, stop: () => stopAll(running, config) };
  } catch (error) {
    await stopAll(running, config);
    throw error;
  }
}

function ensureSecrets({ dataDir, secretsKeyFile }: StartConfig): Secrets {
  const secrets = ensureTokenFile(join(dataDir, 'api-tokens'));
  if (secretsKeyFile) ensureSecretsKeyFile(secretsKeyFile);
  return secrets;
}

/** The configured ports if they are free; any free port for a configured 0. */
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

interface StartOptions extends AllInOneOptions {
  readonly ports: Ports;
}

async function startProcesses(running: Running, { config, ports, onLine, onCrash, signal }: StartOptions) {
  const { dataDir } = config;
  const onDamaged = (movedTo: string) => onLine('redis', startedEmpty(movedTo));
  const onExit = () => onCrash(redisEnded(dataDir));
  running.redis = config.ownsRedis ? await startRedis({ dataDir, onDamaged, onExit }) : null;
  signal.throwIfAborted();
  const all = childEnvironment(config, ports, running.redis?.url ?? config.env.REDIS_URL);
  const names: readonly ChildName[] = ports.simulator === null ? ['worker', 'api'] : ['simulator', 'worker', 'api'];
  for (const name of names) {
    const env = ownEnvironment(name, all);
    const onChildCrash = (child: Crash) => onCrash(childEnded(child));
    running.children.push(startChild({ name, env, onCrash: onChildCrash, onLine: (line) => onLine(name, line) }));
  }
}

/** The output of an expected error says what to do. An unexpected error, with a stack or no output, gets a notice. */
function childEnded({ name, ending, lastOutput }: Crash): string {
  const isExpected = lastOutput !== '' && !/^\s+at /m.test(lastOutput);
  const notice = `The ${name} process ended unexpectedly (${ending}). No data is lost. Start again.`;
  return isExpected ? lastOutput : `${lastOutput}\n${notice}`.trim();
}

function redisEnded(dataDir: string): string {
  return `Redis ended unexpectedly; see its log in ${join(dataDir, 'redis', 'redis.log')}. No data is lost. Start again.`;
}

function startedEmpty(movedTo: string): string {
  return `Redis could not read its file and starts empty. The file is now ${movedTo}. Every job is published again from the database.`;
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
