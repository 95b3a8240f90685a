import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextRebuild } from '#queues/schedules/times.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, allRunWithin } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const threeDaysMs = 3 * 86_400_000;
const times = { every: 'day', weekday: null, day: null, at: '02:30', zone: 'Europe/Berlin' } as const;

/** Sets a daily schedule as it is if no worker has run for three days. */
async function scheduledThreeDaysAgo(serverId: string): Promise<void> {
  const now = new Date(Date.now() - threeDaysMs);
  const nextAt = nextRebuild(times, serverId, now);
  const actor = { requestedBy: 'key:test', requestId: null, now } as const;
  await world.store.putSchedule({ ...times, serverId, locations: [], paused: false, nextAt }, actor);
}

const rebuildsOf = (serverId: string) => world.store.readJobs({ serverId, kind: 'rebuild', limit: 10 });
const firedOf = async (ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => world.store.readSchedule(id)))).filter((schedule) => schedule?.firedAt).length;

test('after three days without a worker each server is rebuilt once, though workers are killed and Redis is flushed', {
  timeout: 180_000,
}, async () => {
  const first = await world.startWorker();
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) ids.push((await world.buy()).server.id);
  await allAre(world, ids, 'running');
  await first.kill9();
  for (const id of ids) await scheduledThreeDaysAgo(id);

  // Killed once a schedule has fired: the others are due, and a job may be in no queue.
  const second = await world.startWorker();
  await vi.waitFor(async () => expect(await firedOf(ids)).toBeGreaterThan(0), { timeout: 60_000, interval: 1 });
  await second.kill9();
  await world.redis.flush();

  // Killed again while the rebuilds run.
  const third = await world.startWorker();
  await vi.waitFor(async () => expect(await firedOf(ids)).toBe(ids.length), { timeout: 60_000, interval: 20 });
  await delay(300);
  await third.kill9();
  await world.redis.flush();

  await world.startWorker();
  await allRunWithin(world, ids, 90_000);
  for (const id of ids) {
    const rebuilds = await rebuildsOf(id);
    expect(rebuilds.map(({ requestedBy, state }) => [requestedBy, state])).toEqual([['schedule', 'succeeded']]);
    const schedule = await world.store.readSchedule(id);
    expect(schedule?.firedJob).toBe(rebuilds[0]?.id);
    expect(schedule?.nextAt.getTime()).toBeGreaterThan(Date.now());
    expect((await world.store.readServer(id))?.server.generation).toBe(2);
  }
  const made = (await world.machines()).map(({ label }) => label).sort();
  // The replaced machines serve until the end of their grace.
  expect(made).toEqual(ids.flatMap((id) => [`gf-${id}-1`, `gf-${id}-2`]).sort());
});
