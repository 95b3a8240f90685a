import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { saleSetting } from '#db/settings.ts';
import { createStore, type Store } from '#db/store.ts';
import type { AlertKind } from '#queues/alerts/alert.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { takeInventory } from '#queues/inventory/inventory.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { buy, destroy, missing, parked, rebuild, removed, retry, settle } from '../db/conformance/fixture.ts';
import { fakeProvider } from '../fakes/provider.ts';
import { startTestRedis, type TestRedis, withRedis } from '../redis.ts';
import { secretsKey } from '../secrets-key.ts';
import { quiet } from '../world.ts';
import { ago, madeFor, type Problem, refusedOrder, runningServer } from './problems.ts';

const { signal } = new AbortController();
const provider = fakeProvider();
const folder = mkdtempSync(join(tmpdir(), 'ghostifi-alerts-'));
const log: { event?: string; alert?: { id: string } }[] = [];
let store: Store;
const cloud = () => ({ store, provider });
let redis: TestRedis;
let connection: QueueConnection;
let api: RunningApi;

beforeAll(async () => {
  redis = await startTestRedis({ appendOnly: true });
  const env = { DATABASE_URL: `file:${join(folder, 'test.db')}`, REDIS_URL: redis.url, PORT: '0' };
  const config = apiConfig({ ...env, API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1', SECRETS_KEY: secretsKey });
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  api = await startApi({ config, log: createLog({ process: 'api', level: 'info', destination }) });
  store = createStore(await openDatabase(env.DATABASE_URL));
  connection = openQueue(redis, quiet);
});
afterAll(async () => {
  await api.close();
  await Promise.all([connection.close(), store.close()]);
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The order matters: the last problem ends with the next pass of the inventory. */
const problems = {
  'paid-without-server': async () => {
    const { server, job } = await buy(store, { now: ago(16) });
    return { id: server.id, end: () => settle(store, job.id, madeFor(cloud(), server, 1), { now: ago(0) }) };
  },
  'parked-job': async () => {
    const { job } = await rebuild(store, (await runningServer(cloud())).id, { now: ago(0) });
    await settle(store, job.id, parked, { now: ago(0) });
    return { id: job.id, end: () => retry(store, job.id, ago(0)) };
  },
  'slow-removal of a destroy': async () => {
    const { job } = await destroy(store, (await runningServer(cloud())).id, ago(16));
    return { id: job.id, end: () => settle(store, job.id, removed) };
  },
  'slow-removal of a retire': async () => {
    const server = await runningServer(cloud());
    const { job } = await rebuild(store, server.id, { now: ago(31) });
    const settled = await settle(store, job.id, madeFor(cloud(), server, 2), { now: ago(30) });
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
    const server = await runningServer(cloud());
    const machine = provider.machines().find(({ name }) => name === `gf-${server.id}-1`) ?? missing('machine');
    await passWithout(machine.id);
    await pass();
    const end = async () => {
      provider.put(machine);
      await pass();
    };
    return { id: server.id, end };
  },
  'provider-refuses an operation': () => refusedOrder(store, 'not-allowed', 'create'),
  'provider-refuses everything for an hour': () => refusedOrder(store, 'rate-limited', 'rate-limit'),
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
  // Purchases are refused from here on.
  'sale-stopped': async () => {
    const put = (open: boolean) => store.putSetting(saleSetting, { open, by: 'boss', reason: 'No stock' }, ago(0));
    await put(false);
    return { id: 'sale', end: () => put(true) };
  },
  provider: async () => {
    provider.fail('list', new ProviderError('unavailable', 'Away.'));
    await pass(ago(1));
    return { id: provider.name, end: () => pass() };
  },
} satisfies Partial<Record<`${AlertKind}${'' | ` ${string}`}`, () => Promise<Problem>>>;

test('each problem is a metric, an entry and one log line, and is shown until it is over', {
  timeout: 60_000,
}, async () => {
  await expectAlerts([], []);
  const begun: Problem[] = [];
  for (const [name, begin] of Object.entries(problems)) {
    const [kind = ''] = name.split(' ');
    const { id, end } = await begin();
    begun.push({ id: `${kind}:${id}`, end });
  }
  const ids = begun.map(({ id }) => id);
  await expectAlerts(ids, []);

  // The read that finds the first one over has also read the others once more.
  const [first, ...others] = begun;
  await first?.end();
  await expectAlerts(ids.slice(1), ids.slice(0, 1));
  for (const { end } of others) await end();
  await expectAlerts([], ids);
});

/** Expects one log line for each id that holds and each id that is over. */
async function expectAlerts(hold: readonly string[], over: readonly string[]): Promise<void> {
  const count = (kind: string) => hold.filter((id) => id.startsWith(`${kind}:`)).length;
  const kinds = Object.keys(problems).map((name) => name.split(' ')[0] ?? '');
  await vi.waitFor(
    async () =>
      expect({ entries: await entries(), ...logged(), metric: await metric(kinds) }).toEqual({
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

function logged(): { raised: string[]; cleared: string[] } {
  const ids = (event: string) => log.filter((line) => line.event === event).map(({ alert }) => alert?.id ?? '');
  return { raised: ours(ids('alert-raised')), cleared: ours(ids('alert-cleared')) };
}

/** No worker runs here, which raises an alert after a while. */
function ours(ids: readonly string[]): string[] {
  return ids.filter((id) => !id.startsWith('no-worker')).toSorted();
}

async function metric(kinds: readonly string[]): Promise<Record<string, number>> {
  const text = await (await get('/metrics')).text();
  const value = (kind: string) =>
    Number(new RegExp(`^ghostifi_alerts\\{kind="${kind}",severity="\\w+"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  return Object.fromEntries(kinds.map((kind) => [kind, value(kind)]));
}

function get(path: string): Promise<Response> {
  return fetch(api.url + path, { headers: { authorization: 'Bearer boss-secret-of-the-tests-1' } });
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

function configure(name: string, value: string): Promise<unknown> {
  return withRedis(redis, (client) => client.config('SET', name, value));
}
