import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { withRedis } from '../../redis.ts';
import type { Scenario } from '../scenario.ts';
import { untilAlert } from './alerts.ts';
import { untilNextRuns } from './redis-away.ts';
import { forMs, listLate, promise } from './redis-repeatedly.ts';
import { trade } from './trade.ts';

/** Redis refuses or loses writes for 20 s. The alert must be raised. */
const unwritable = (
  { alert = 'redis-unsafe', ...scenario }: Pick<Scenario, 'id' | 'about'> & { readonly alert?: string },
  damage: (client: Redis) => Promise<unknown>,
  repair: (client: Redis) => Promise<unknown>,
): Scenario => ({
  ...scenario,
  runs: { full: 2, quick: 0 },
  promise,
  run: async (stage) => {
    await listLate(stage);
    const { redis } = stage.installation;
    const trading = trade(stage, 700, { mixed: true });
    await delay(2_000);
    await withRedis(redis, damage);
    await untilAlert(stage.installation, alert, 20_000);
    await delay(forMs);
    await withRedis(redis, repair);
    await untilNextRuns(stage);
    await trading.stop();
  },
});

const makeRoom = (client: Redis) => client.config('SET', 'maxmemory', 0, 'maxmemory-policy', 'noeviction');

const full = unwritable(
  { id: 'redis-full', about: 'Redis is full and refuses every write for 20 s; an alert is raised', alert: 'disk-full' },
  (client) => client.config('SET', 'maxmemory', 1),
  makeRoom,
);

const evicting = unwritable(
  { id: 'redis-evicting', about: 'Redis has too little memory and is set to evict keys, for 20 s; an alert is raised' },
  async (client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', await roomFor(client)),
  async (client) => {
    await makeRoom(client);
    if (figureIn(await client.info('stats'), 'evicted_keys') === 0) throw new Error('Redis has evicted no key.');
  },
);

const readOnly = unwritable(
  { id: 'redis-read-only', about: 'Redis is a replica and refuses every write for 20 s; an alert is raised' },
  (client) => client.replicaof('127.0.0.1', 1),
  (client) => client.replicaof('NO', 'ONE'),
);

/** The memory in use, in bytes, so that each new key evicts an old one. */
async function roomFor(client: Redis): Promise<number> {
  return figureIn(await client.info('memory'), 'used_memory');
}

function figureIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
}

export const redisUnwritable: readonly Scenario[] = [full, evicting, readOnly];
