import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { secretsKey } from '../secrets-key.ts';
import type { CommandKill } from './command-kills.ts';
import { fixedPort } from './fixed-port.ts';
import type { InstallationContext } from './installation-context.ts';
import { createProcess, type ManagedProcess } from './managed-process.ts';
import { startRedisProxy } from './redis-proxy.ts';
import { stripeHookSecret, stripeKey } from './stripe-keys.ts';

/** The secret of the operator's API token. */
export const operatorSecret = 'chaos-secret-of-at-least-24-characters';

const hetznerKey = 'chaos-key-of-sixteen-letters';
const path = { PATH: process.env.PATH ?? '' };

export function simulatorProcess({
  setting,
  folder,
  simulatorPort,
  simulatorUrl,
}: InstallationContext): ManagedProcess {
  return createProcess({
    name: 'simulator',
    program: 'simulator',
    folder,
    url: simulatorUrl,
    env: {
      ...path,
      SIMULATOR_PORT: String(simulatorPort),
      LOG_LEVEL: 'warn',
      SIMULATOR_DATA: join(folder, 'simulator.json'),
      SIMULATOR_BOOT_SECONDS: '0.5',
      SIMULATOR_VPN_SECONDS: '0',
      SIMULATOR_CREATE_MS: '50',
      SIMULATOR_LOCK_SECONDS: '0',
      SIMULATOR_API_KEY: `simulator,${hetznerKey},${stripeKey}`,
      ...setting.simulatorEnv,
    },
    untilReady: (signal) => untilOk(`${simulatorUrl}/livez`, signal),
  });
}

/** `number` counts from 1. */
export async function apiProcess(context: InstallationContext, number: number): Promise<ManagedProcess> {
  const { setting, folder, database } = context;
  const port = await fixedPort();
  const url = `http://127.0.0.1:${port}`;
  const api: ManagedProcess = createProcess({
    name: number === 1 ? 'api' : `api-${number}`,
    program: 'api',
    folder,
    url,
    env: {
      ...path,
      SECRETS_KEY: secretsKey,
      DATABASE_URL: database.url,
      ...(await redisEnvFor(context, 'api', () => api)),
      PORT: String(port),
      API_TOKENS: `chaos:operator:${operatorSecret}`,
      RATE_LIMIT_PER_MINUTE: '1000000',
      RATE_LIMIT_PER_ADDRESS: '1000000',
      ...(setting.cloud && { CLOUD: setting.cloud, DEFAULT_PLAN: 'cx23' }),
      ...stripeEnv(context),
      ...setting.apiEnv,
    },
    untilReady: (signal) => untilOk(`${url}/readyz`, signal),
  });
  return api;
}

/** `number` counts from 1. */
export async function workerProcess(context: InstallationContext, number: number): Promise<ManagedProcess> {
  const { setting, folder } = context;
  const port = await fixedPort();
  const url = `http://127.0.0.1:${port}`;
  const redisEnv = await redisEnvFor(context, 'workers', () => worker);
  const worker: ManagedProcess = createProcess({
    name: `worker-${number}`,
    program: 'worker',
    folder,
    url,
    wrapper: setting.workerWrapper ?? [],
    env: { ...workerEnv(context), ...stripeEnv(context), ...redisEnv, WORKER_PORT: String(port), ...setting.workerEnv },
    untilReady: (signal) => untilOk(`${url}/livez`, signal),
  });
  return worker;
}

function workerEnv({ setting, database, simulatorUrl }: InstallationContext): Record<string, string> {
  return {
    ...path,
    SECRETS_KEY: secretsKey,
    DATABASE_URL: database.url,
    DNS: 'cloudflare',
    CLOUDFLARE_API_URL: `${simulatorUrl}/cloudflare/client/v4`,
    CLOUDFLARE_API_TOKEN: 'simulator',
    SIMULATOR_URL: `${simulatorUrl}/v2`,
    INSTALLATION: 'chaos',
    REBUILD_GRACE_SECONDS: '2',
    WORKER_CONCURRENCY: String(setting.concurrency ?? 20),
    ...(setting.cloud && { CLOUD: setting.cloud, HETZNER_API_URL: `${simulatorUrl}/hetzner/v1` }),
    HETZNER_API_KEY: hetznerKey,
    VPN_PROBE_AT: `127.0.0.1:${new URL(simulatorUrl).port}`,
  };
}

function stripeEnv({ setting, simulatorUrl }: InstallationContext): Record<string, string> {
  if (!setting.payments) return {};
  return {
    STRIPE_API_KEY: stripeKey,
    STRIPE_API_URL: `${simulatorUrl}/stripe`,
    STRIPE_WEBHOOK_SECRET: stripeHookSecret,
  };
}

async function redisEnvFor(
  context: InstallationContext,
  group: CommandKill['group'],
  sender: () => ManagedProcess,
): Promise<Record<string, string>> {
  const { setting, redis, sentinels, kills, proxies } = context;
  if (sentinels) return sentinels.env;
  if (!setting.proxied) return { REDIS_URL: redis.url };
  const proxy = await startRedisProxy(redis.port, (command) => kills.onCommand({ sender: sender(), group, command }));
  proxies.push(proxy);
  return { REDIS_URL: proxy.url };
}

async function untilOk(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (answer?.ok) return;
    signal.throwIfAborted();
    await delay(50);
  }
}
