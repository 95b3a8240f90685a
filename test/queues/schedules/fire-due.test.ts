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

/** The deps of a pass whose process dies at its n-th step, before or after the step takes effect. */
function dyingAt(n: number, when: 'before' | 'after', published: string[]) {
  let steps = 0;
  const step =
    <A extends unknown[], R>(take: (...args: A) => R | Promise<R>) =>
    async (...args: A): Promise<R> => {
      steps += 1;
      if (steps === n && when === 'before') throw new Error('Killed.');
      const result = await take(...args);
      if (steps === n) throw new Error('Killed.');
      return result;
    };
  const { takeLease, readDueSchedules, fireSchedule } = place.store;
  const store = {
    takeLease: step(takeLease),
    readDueSchedules: step(readDueSchedules),
    fireSchedule: step(fireSchedule),
  };
  const publish = ({ id }: { id: string }) => void published.push(id);
  return { deps: { store, holder: 'dying', now: place.deps.now, publish }, steps: () => steps };
}

test.each(['before', 'after'] as const)(
  'a kill %s any step of a pass leaves one rebuild for each server',
  async (when) => {
    const servers: string[] = [];
    for (let n = 0; n < 3; n += 1) servers.push((await place.running()).server.id);
    for (let n = 1; ; n += 1) {
      for (const id of servers) await schedule(id);
      place.later(3 * 86_400);
      const published: string[] = [];
      const dying = dyingAt(n, when, published);
      const killed = await fireDueSchedules(dying.deps, signal).then(
        () => false,
        () => true,
      );
      // Until the lease of the dead process has ended.
      place.later(31);
      published.push(...(await pass('next')));
      const open = (await Promise.all(servers.map((id) => place.store.readServer(id)))).flatMap(
        (found) => found?.openJobs ?? [],
      );
      const rebuilds = open.filter(({ kind }) => kind === 'rebuild');
      expect(rebuilds.map(({ serverId }) => serverId).sort(), `killed at step ${n}`).toEqual([...servers].sort());
      // The sweeper publishes a job whose process died before it could: its row is released.
      expect(rebuilds.every(({ state }) => state === 'released')).toBe(true);
      expect(new Set(published).size).toBe(published.length);
      for (const { id } of rebuilds) await place.perform(id);
      place.later(60);
      if (!killed) {
        expect(n).toBe(dying.steps() + 1);
        return;
      }
    }
  },
);

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
