import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Outcome } from '#db/model.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Server } from '#db/tables.ts';
import type { AlertKind } from '#queues/alerts/current-alerts.ts';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createProviderGate, type ProviderGate } from '#queues/gates/provider-gate.ts';
import { takeInventory } from '#queues/inventory/inventory.ts';
import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { buy, destroy, missing, parked, rebuild, removed, retry, settle } from '../db/conformance/fixture.ts';
import { fakeProvider } from '../fakes/provider.ts';
import { startTestRedis, type TestRedis, withRedis } from '../redis.ts';
import { secretsKey } from '../secrets-key.ts';
import { quiet } from '../world.ts';

const { signal } = new AbortController();
const provider = fakeProvider();
const folder = mkdtempSync(join(tmpdir(), 'ghostifi-alerts-'));
const log: { msg?: string; alert?: { id: string } }[] = [];
let store: Store;
let redis: TestRedis;
let connection: QueueConnection;
let api: RunningApi;

beforeAll(async () => {
  redis = await startTestRedis({ appendOnly: true });
  const env = { DATABASE_URL: `file:${join(folder, 'test.db')}`, REDIS_URL: redis.url, PORT: '0' };
  const config = apiConfig({ ...env, API_TOKENS: 'boss:operator:boss-secret', SECRETS_KEY: secretsKey });
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  api = await startApi({ config, log: createLog({ process: 'api', level: 'info', destination }) });
  store = createStore(await openDatabase(env.DATABASE_URL));
  connection = openQueue(redis.url, quiet);
});
afterAll(async () => {
  await api.close();
  await Promise.all([connection.close(), store.close()]);
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Begins the trouble, and returns its alert's id and what ends it. */
type Trouble = () => Promise<{ id: string; end: () => Promise<unknown> }>;

/** In this order: the last one lasts until the next pass of the inventory. */
const troubles = {
  'paid-without-server': async () => {
    const { server, job } = await buy(store, { now: ago(16) });
    return { id: server.id, end: () => settle(store, job.id, madeFor(server, 1), { now: ago(0) }) };
  },
  'parked-job': async () => {
    const { job } = await rebuild(store, (await running()).id, { now: ago(0) });
    await settle(store, job.id, parked, { now: ago(0) });
    return { id: job.id, end: () => retry(store, job.id, ago(0)) };
  },
  'slow-removal of a destroy': async () => {
    const { job } = await destroy(store, (await running()).id, ago(16));
    return { id: job.id, end: () => settle(store, job.id, removed) };
  },
  'slow-removal of a retire': async () => {
    const server = await running();
    const { job } = await rebuild(store, server.id, { now: ago(31) });
    const settled = await settle(store, job.id, madeFor(server, 2), { now: ago(30) });
    const retire = settled.end === 'settled' ? settled.released[0] : null;
    const id = retire?.id ?? missing('retire');
    return { id, end: () => settle(store, id, removed) };
  },
  'unknown-machine': async () => {
    const { id } = provider.put({ name: 'gf-lost-1', owner: { installation: 'test', serverId: 'lost' } });
    await pass();
    return { id, end: () => passWithout(id) };
  },
  'machine-missing': async () => {
    const server = await running();
    const machine = provider.machines().find(({ name }) => name === `gf-${server.id}-1`) ?? missing('machine');
    await passWithout(machine.id);
    await pass();
    const end = async () => {
      provider.put(machine);
      await pass();
    };
    return { id: server.id, end };
  },
  'provider-refuses an operation': () => refused('not-allowed', 'create'),
  'provider-refuses everything for an hour': () => refused('rate-limited', 'rate-limit'),
  'queue-paused': async () => {
    await connection.queue.pause();
    return { id: 'servers', end: () => connection.queue.resume() };
  },
  'redis-unsafe that evicts': async () => {
    await configure('maxmemory-policy', 'allkeys-lru');
    return { id: 'maxmemory-policy', end: () => configure('maxmemory-policy', 'noeviction') };
  },
  'redis-unsafe without a file': async () => {
    await configure('appendonly', 'no');
    return { id: 'appendonly', end: () => configure('appendonly', 'yes') };
  },
  provider: async () => {
    provider.fail('list', new ProviderError('unavailable', 'Away.'));
    await pass(ago(1));
    return { id: provider.name, end: () => pass() };
  },
} satisfies Partial<Record<`${AlertKind}${'' | ` ${string}`}`, Trouble>>;

test('each trouble is a metric, a log line and an entry, told once and until it is over', {
  timeout: 60_000,
}, async () => {
  await expectTold([], []);
  const begun: { id: string; end: () => Promise<unknown> }[] = [];
  for (const [name, begin] of Object.entries(troubles)) {
    const [kind = ''] = name.split(' ');
    const { id, end } = await begin();
    begun.push({ id: `${kind}:${id}`, end });
  }
  const ids = begun.map(({ id }) => id);
  await expectTold(ids, []);

  // Whoever sees that one is over has looked at the others once more.
  const [first, ...others] = begun;
  await first?.end();
  await expectTold(ids.slice(1), ids.slice(0, 1));
  for (const { end } of others) await end();
  await expectTold([], ids);
});

/** The ids that hold, and those that are over; of each the log has told once. */
async function expectTold(hold: readonly string[], over: readonly string[]): Promise<void> {
  const count = (kind: string) => hold.filter((id) => id.startsWith(`${kind}:`)).length;
  const kinds = Object.keys(troubles).map((name) => name.split(' ')[0] ?? '');
  await vi.waitFor(
    async () =>
      expect({ entries: await entries(), ...told(), metric: await metric(kinds) }).toEqual({
        entries: hold.toSorted(),
        raised: [...hold, ...over].toSorted(),
        cleared: over.toSorted(),
        metric: Object.fromEntries(kinds.map((kind) => [kind, count(kind)])),
      }),
    { timeout: 15_000, interval: 100 },
  );
}

async function entries(): Promise<string[]> {
  const { items } = (await (await get('/v1/alerts')).json()) as { items: { id: string }[] };
  return ours(items.map(({ id }) => id));
}

function told(): { raised: string[]; cleared: string[] } {
  const ids = (words: string) => log.filter(({ msg }) => msg?.startsWith(words)).map(({ alert }) => alert?.id ?? '');
  return { raised: ours(ids('Alert raised: ')), cleared: ours(ids('Alert cleared: ')) };
}

/** There is no worker here, and after a while an alert says so. */
function ours(ids: readonly string[]): string[] {
  return ids.filter((id) => !id.startsWith('no-worker')).toSorted();
}

async function metric(kinds: readonly string[]): Promise<Record<string, number>> {
  const text = await (await get('/metrics')).text();
  const value = (kind: string) =>
    Number(new RegExp(`^ghostifi_alerts\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  return Object.fromEntries(kinds.map((kind) => [kind, value(kind)]));
}

function get(path: string): Promise<Response> {
  return fetch(api.url + path, { headers: { authorization: 'Bearer boss-secret' } });
}

function ago(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000);
}

/** A server that has run for long. */
async function running(): Promise<Server> {
  const { server, job } = await buy(store, { now: ago(60) });
  await settle(store, job.id, madeFor(server, 1), { now: ago(59) });
  return server;
}

function madeFor({ id }: Server, generation: number): Outcome {
  const machine = provider.put({ name: `gf-${id}-${generation}`, owner: { installation: 'test', serverId: id } });
  const ipv4 = machine.ipv4 ?? missing('address');
  return { end: 'made', machine: { providerId: machine.id, account: provider.habits.account, ipv4, ipv6: null } };
}

let missingBefore: ReadonlySet<string> = new Set();
async function pass(at = ago(0)): Promise<void> {
  const deps = { store, provider, dns: null, installation: 'test', now: () => at, log: quiet };
  missingBefore = (await takeInventory(deps, missingBefore, signal)).missing;
}

async function passWithout(id: string): Promise<void> {
  provider.vanish(id);
  await pass();
}

/** To an order, which succeeds an hour and more later. */
async function refused(fault: ProviderFault, subject: string): ReturnType<Trouble> {
  const clock = { ms: Date.now() };
  const now = () => new Date(clock.ms);
  const cloud = fakeProvider();
  const gate = createProviderGate(cloud, now, () => clock.ms);
  cloud.fail('create', new ProviderError(fault, 'No.', { retryAfterMs: 3_600_000 }));
  await expect(order(gate)).rejects.toThrow('No.');
  const tell = () => raiseRefusalAlerts({ store, gate, whose: cloud.name, kind: 'provider-refuses', now });
  await tell();
  const end = async () => {
    clock.ms += 3_700_000;
    await order(gate);
    await tell();
  };
  return { id: subject, end };
}

function order({ provider }: ProviderGate) {
  const owner = { installation: 'test', serverId: 'srv-1' };
  return provider.create({ name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null }, signal);
}

function configure(name: string, value: string): Promise<unknown> {
  return withRedis(redis, (client) => client.config('SET', name, value));
}
