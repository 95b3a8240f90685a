import { expect, test } from 'vitest';
import { readSchedulesPaused } from '#queues/alerts/schedules-paused.ts';
import { fireDueSchedules } from '#queues/schedules/fire-due.ts';
import { delayMs, nextRebuild } from '#queues/schedules/times.ts';
import { actor } from '../../db/conformance/fixture.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const { signal } = new AbortController();
const times = { every: 'day', weekday: null, day: null, at: '12:30', zone: 'UTC' } as const;

const schedule = async (serverId: string) => {
  const nextAt = nextRebuild(times, serverId, place.clock.now);
  await place.store.putSchedule({ ...times, serverId, locations: [], paused: false, nextAt }, actor(place.clock.now));
};
const pass = async (holder = 'one') => {
  const published: string[] = [];
  const deps = { store: place.store, holder, now: place.deps.now };
  await fireDueSchedules({ ...deps, publish: ({ id }) => void published.push(id) }, signal);
  return published;
};

test('a pass publishes the rebuilds that are due, and after three days without one it is one for each server', async () => {
  const servers = [await place.running(), await place.running()].map(({ server }) => server.id);
  for (const id of servers) await schedule(id);
  expect(await pass()).toEqual([]);
  place.later(3 * 86_400 + 3_600);
  const published = await pass();
  expect(published).toHaveLength(2);
  expect(await pass()).toEqual([]);
  for (const id of servers)
    expect((await place.store.readSchedule(id))?.nextAt).toEqual(
      new Date(Date.parse('2026-05-05T12:30Z') + delayMs(id)),
    );
  for (const id of published) expect(await place.perform(id)).toEqual({ kind: 'completed', result: 'made' });
});

test('a pass of another process does nothing while this one has the lease', async () => {
  const { server } = await place.running();
  await pass();
  await schedule(server.id);
  place.later(86_400);
  await place.store.takeLease('schedules', 'one', { now: place.clock.now, forMs: 30_000 });
  expect(await pass('two')).toEqual([]);
  expect(await pass('one')).toHaveLength(1);
});

test('five failed rebuilds pause all schedules, and raise the alert until an operator resumes them', async () => {
  const { server } = await place.running();
  await schedule(server.id);
  for (let day = 0; day < 5; day++) {
    place.later(86_400);
    const [id = ''] = await pass();
    const outcome = { end: 'failed', error: 'Sold out.', leftover: 'gone' } as const;
    await place.store.settle({ jobId: id, outcome, attempts: 10, graceSeconds: 0, now: place.clock.now });
  }
  expect(await readSchedulesPaused(place)).toEqual([]);
  place.later(86_400);
  expect(await pass()).toEqual([]);
  expect(await readSchedulesPaused(place)).toMatchObject([
    { id: 'schedules-paused:schedules', raisedAt: place.clock.now },
  ]);
  await place.store.resumeSchedules(actor(place.clock.now));
  expect(await readSchedulesPaused(place)).toEqual([]);
  expect(await pass()).toHaveLength(1);
});
