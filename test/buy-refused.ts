import { setTimeout as delay } from 'node:timers/promises';
import type { Purchased } from '#db/transactions/purchase.ts';
import { attemptsOf } from '#queues/limits.ts';
import type { World } from './world.ts';

/** Buys a server that fails within seconds: the cloud rejects its orders, and its next attempt is the last. */
export async function buyRefused(world: Pick<World, 'fault' | 'buy' | 'connection'>): Promise<Purchased> {
  await world.fault({ operation: 'create', kind: 'status', status: 400, error: 'Invalid request.', times: 2 });
  const bought = await world.buy();
  const { queue, redis } = world.connection;
  while (!(await queue.getJob(bought.job.id))) await delay(20);
  await redis.hset(queue.toKey(bought.job.id), 'atm', attemptsOf.create - 1);
  return bought;
}
