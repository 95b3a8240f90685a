import { setTimeout as delay } from 'node:timers/promises';
import { withRedis } from '../../redis.ts';
import { holdWriteLock } from '../database.ts';
import type { Installation } from '../installation.ts';
import type { Random } from '../random.ts';

/** Injects a fault, and removes it if it does not end by itself. */
type ChaosFault = (installation: Installation, random: Random) => Promise<void>;

const killWorker: ChaosFault = async ({ workers }, random) => {
  const worker = random.pick(workers);
  await worker.kill9();
  await delay(random.between(0, 5_000));
  await worker.start();
};

const killApi: ChaosFault = async ({ api }, random) => {
  await api.kill9();
  await delay(random.between(0, 3_000));
  await api.start();
};

const restartWorker: ChaosFault = async ({ workers }, random) => {
  const worker = random.pick(workers);
  await worker.stop();
  await worker.start();
};

const restartApi: ChaosFault = async ({ api }) => {
  await api.stop();
  await api.start();
};

/** Shorter or longer than the duration of a job's lock. */
const freezeWorker: ChaosFault = async ({ workers }, random) => {
  const worker = random.pick(workers);
  worker.signal('SIGSTOP');
  await delay(random.between(2_000, 14_000));
  worker.signal('SIGCONT');
};

const freezeApi: ChaosFault = async ({ api }, random) => {
  api.signal('SIGSTOP');
  await delay(random.between(2_000, 8_000));
  api.signal('SIGCONT');
};

const flush: ChaosFault = async ({ redis }) => redis.flush();

const killRedis: ChaosFault = async ({ redis }, random) => {
  await redis.kill9();
  await delay(random.between(0, 5_000));
  await redis.restart();
};

const freezeRedis: ChaosFault = async ({ redis }, random) => {
  redis.pause();
  await delay(random.between(1_000, 8_000));
  redis.resume();
};

const cutConnections: ChaosFault = async ({ redis }) => {
  await withRedis(redis, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
};

const lockDatabase: ChaosFault = async (installation, random) => {
  await holdWriteLock(installation, { ms: random.between(500, 8_000), withinMs: 5_000 });
};

const providerRules: readonly Record<string, unknown>[] = [
  { kind: 'lost', operation: 'create', times: 3 },
  { kind: 'lost', operation: '*', times: 10 },
  { kind: 'status', status: 500, when: 'after', operation: 'create', times: 3 },
  { kind: 'status', status: 503, operation: '*', times: null, share: 0.5 },
  { kind: 'status', status: 429, operation: '*', times: 10, retryAfter: { seconds: 2 } },
  { kind: 'half-body', operation: '*', times: 5 },
  { kind: 'garbage', operation: 'create', times: 3 },
  { kind: 'hang', operation: 'create', times: 1, when: 'after' },
  { kind: 'slow', operation: '*', ms: 1_000, times: null },
  // An outage of the provider, which acts on calls while no answer arrives.
  { kind: 'lost', operation: '*', times: null },
  { kind: 'late-list', ms: 6_000, times: 3 },
  { kind: 'boot', ms: 15_000, times: 3 },
  { kind: 'locked', times: 5 },
  { kind: 'kill', operation: 'create', when: 'acted' },
  { kind: 'kill', operation: 'delete', when: 'arrived' },
];

const injectProviderFault: ChaosFault = async ({ cloud }, random) => {
  await cloud.addFaultRule(random.pick(providerRules));
  await delay(random.between(2_000, 10_000));
  await cloud.clearFaultRules();
};

/**
 * Faults that end by themselves or can be removed at once. The provider has many faults, so they are picked about as
 * often as all others together.
 */
export const faults: readonly ChaosFault[] = [
  killWorker,
  killApi,
  restartWorker,
  restartApi,
  freezeWorker,
  freezeApi,
  flush,
  killRedis,
  freezeRedis,
  cutConnections,
  lockDatabase,
  ...Array.from({ length: 5 }, () => injectProviderFault),
];
