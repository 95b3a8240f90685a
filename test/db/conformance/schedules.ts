import { describe, expect, test } from 'vitest';
import type { Store } from '#db/store.ts';
import type { Schedule } from '#db/tables.ts';
import type { WantedSchedule } from '#db/transactions/schedules.ts';
import type { Dialect } from '../dialects.ts';
import {
  actor,
  at,
  buy,
  cancelled,
  destroy,
  destroyed,
  failed,
  made,
  missing,
  rebuild,
  removed,
  resume,
  running,
  settle,
  suspend,
  useFixture,
} from './fixture.ts';

const dayS = 86_400;
const times = { every: 'day', weekday: null, day: null, at: '02:30', zone: 'UTC' } as const;

export function schedules(dialect: Dialect): void {
  const my = useFixture(dialect);
  const put = (serverId: string, changes: Partial<WantedSchedule> = {}) =>
    my.store.putSchedule({ ...times, serverId, locations: [], paused: false, nextAt: at(dayS), ...changes }, actor());
  const fire = (serverId: string, seconds: number) =>
    my.store.fireSchedule({ serverId, now: at(seconds), nextAt: () => at(seconds + dayS) });
  const due = (seconds: number) => my.store.readDueSchedules(at(seconds), 10);
  const scheduleOf = async (id: string) => (await my.store.readSchedule(id)) ?? missing('schedule');
  const eventsOf = async (prefix: string) =>
    (await my.dump()).events.filter(({ type }) => type.startsWith(prefix)).toSorted((a, b) => a.id - b.id);
  /** Fires, and ends the rebuild. Returns the job. */
  const rebuilt = async (
    serverId: string,
    seconds: number,
    outcome = made as Parameters<Store['settle']>[0]['outcome'],
  ) => {
    const fired = await fire(serverId, seconds);
    if (fired.end !== 'rebuild') return missing(`rebuild: ${JSON.stringify(fired)}`);
    await settle(my.store, fired.job.id, outcome, { now: at(seconds + 60) });
    return fired.job;
  };

  describe('a schedule', () => {
    test('is put with one event, and the same again changes nothing', async () => {
      const { id } = await running(my.store);
      const first = await put(id, { locations: ['ams', 'fra'] });
      expect(await put(id, { locations: ['ams', 'fra'], nextAt: at(9 * dayS) })).toEqual(first);
      expect(await scheduleOf(id)).toEqual(first);
      expect(await eventsOf('schedule.')).toMatchObject([
        { type: 'schedule.changed', actor: 'key:desk', requestId: 'req-2', uid: first.cause, serverId: id },
      ]);
    });

    test('keeps its next time while only its places change, and takes the new one with a change of zone', async () => {
      const { id } = await running(my.store);
      await put(id);
      const next = at(2 * dayS);
      expect(await put(id, { locations: ['ams'], nextAt: next })).toMatchObject({ nextAt: at(dayS) });
      expect(await put(id, { locations: ['ams'], zone: 'Asia/Tokyo', nextAt: next })).toMatchObject({ nextAt: next });
    });

    test('is not due while it is paused, and has a new time afterwards', async () => {
      const { id } = await running(my.store);
      await put(id, { paused: true });
      expect(await due(9 * dayS)).toEqual([]);
      expect(await fire(id, 9 * dayS)).toEqual({ end: 'not-due' });
      expect(await put(id, { nextAt: at(10 * dayS) })).toMatchObject({ nextAt: at(10 * dayS) });
    });

    test('is deleted with one event', async () => {
      const { id } = await running(my.store);
      await put(id);
      await my.store.deleteSchedule(id, actor());
      expect(await my.store.readSchedule(id)).toBeNull();
      await expect(my.store.deleteSchedule(id, actor())).rejects.toThrow(`There is no schedule of server ${id}.`);
      expect((await eventsOf('schedule.')).map(({ type }) => type)).toEqual(['schedule.changed', 'schedule.deleted']);
    });

    test('is refused for a server that is unknown, or is being destroyed', async () => {
      await expect(put('srv-none')).rejects.toThrow('There is no server srv-none.');
      const gone = await destroyed(my.store);
      await expect(put(gone.id)).rejects.toThrow('is destroyed');
      const { server } = await buy(my.store);
      await destroy(my.store, server.id);
      await expect(put(server.id)).rejects.toThrow('is destroying');
    });
  });

  describe('a schedule that is due', () => {
    test('asks for a rebuild, caused by the event that set it', async () => {
      const { id } = await running(my.store);
      const { cause } = await put(id);
      expect(await due(dayS - 1)).toEqual([]);
      expect(await fire(id, dayS - 1)).toEqual({ end: 'not-due' });
      expect(await due(dayS)).toEqual([id]);
      const fired = await fire(id, dayS);
      expect(fired).toMatchObject({ end: 'rebuild', job: { kind: 'rebuild', state: 'released', location: null } });
      const [event] = await eventsOf('server.rebuild_requested');
      expect(event).toMatchObject({ actor: 'schedule', cause, requestId: null });
      expect(await scheduleOf(id)).toMatchObject({
        nextAt: at(2 * dayS),
        firedAt: at(dayS),
        firedJob: fired.end === 'rebuild' ? fired.job.id : '',
      });
    });

    test('asks for one rebuild after three days without a worker', async () => {
      const { id } = await running(my.store);
      await put(id);
      expect((await fire(id, 4 * dayS)).end).toBe('rebuild');
      expect(await fire(id, 4 * dayS)).toEqual({ end: 'not-due' });
      expect(await due(4 * dayS)).toEqual([]);
      expect(await scheduleOf(id)).toMatchObject({ nextAt: at(5 * dayS) });
    });

    test('takes its places in turn', async () => {
      const { id } = await running(my.store);
      await put(id, { locations: ['ams', 'fra', 'ewr'] });
      const places: (string | null)[] = [];
      for (let day = 1; day <= 4; day++) places.push((await rebuilt(id, day * dayS)).location);
      expect(places).toEqual(['ams', 'fra', 'ewr', 'ams']);
      await put(id, { locations: ['lon'] });
      expect((await rebuilt(id, 5 * dayS)).location).toBe('lon');
    });

    test('asks for one rebuild when two processes find it at once', async () => {
      const { id } = await running(my.store);
      await put(id);
      const other = await my.another();
      const look = { serverId: id, now: at(dayS), nextAt: (_: Schedule) => at(2 * dayS) };
      const ends = await Promise.all([my.store, other, my.store].map((store) => store.fireSchedule(look)));
      expect(ends.map(({ end }) => end).toSorted()).toEqual(['not-due', 'not-due', 'rebuild']);
      expect((await my.dump()).jobs.filter(({ kind }) => kind === 'rebuild')).toHaveLength(1);
    });

    test.each<[string, (store: Store, id: string) => Promise<unknown>]>([
      ['rebuilding', (store, id) => rebuild(store, id)],
      ['suspending', (store, id) => suspend(store, id)],
      ['suspended', async (store, id) => settle(store, (await suspend(store, id)).job.id, removed)],
      [
        'resuming',
        async (store, id) => {
          await settle(store, (await suspend(store, id)).job.id, removed);
          await resume(store, id);
        },
      ],
    ])('is left out with one event while the server is %s, and goes on afterwards', async (reason, prepare) => {
      const { id } = await running(my.store);
      const { cause } = await put(id);
      await prepare(my.store, id);
      expect(await fire(id, dayS)).toEqual({ end: 'skipped', reason });
      expect(await eventsOf('schedule.skipped')).toMatchObject([
        { actor: 'schedule', serverId: id, cause, detail: { reason } },
      ]);
      expect(await scheduleOf(id)).toMatchObject({ nextAt: at(2 * dayS), skipped: reason, firedAt: null, turn: 0 });
    });

    test('of a server that is destroyed is deleted', async () => {
      const { id } = await running(my.store);
      await put(id);
      await settle(my.store, (await destroy(my.store, id)).job.id, removed);
      expect(await fire(id, dayS)).toEqual({ end: 'not-due' });
      expect((await my.dump()).schedules).toEqual([]);
    });
  });

  describe('all schedules', () => {
    const lastFailed = async (failures: number) => {
      const { id } = await running(my.store);
      await put(id);
      for (let day = 1; day <= failures; day++) await rebuilt(id, day * dayS, failed);
      return id;
    };

    test('go on while four of the last 20 rebuilds failed', async () => {
      const id = await lastFailed(4);
      expect((await fire(id, 5 * dayS)).end).toBe('rebuild');
    });

    test('are paused by the fifth failure, with one event, until an operator resumes them', async () => {
      const id = await lastFailed(5);
      const other = await running(my.store);
      await put(other.id);
      expect(await fire(other.id, 6 * dayS)).toEqual({ end: 'paused' });
      expect(await fire(id, 6 * dayS)).toEqual({ end: 'paused' });
      expect(await eventsOf('schedules.')).toMatchObject([{ type: 'schedules.paused', actor: 'policy' }]);
      expect(await due(6 * dayS)).toHaveLength(2);
      await my.store.resumeSchedules(actor(at(6 * dayS)));
      expect((await fire(id, 6 * dayS)).end).toBe('rebuild');
      expect(await eventsOf('schedules.resumed')).toMatchObject([{ actor: 'key:desk', requestId: 'req-2' }]);
    });

    test('are judged by their own last 20 rebuilds that ran', async () => {
      const id = await lastFailed(4);
      for (let day = 5; day <= 20; day++) await rebuilt(id, day * dayS);
      // The first failure is the 21st from the end now.
      await rebuilt(id, 21 * dayS, failed);
      const { job } = await rebuild(my.store, id, { now: at(21 * dayS + 100) });
      await settle(my.store, job.id, failed, { now: at(21 * dayS + 200) });
      await rebuilt(id, 22 * dayS, cancelled);
      expect((await fire(id, 23 * dayS)).end).not.toBe('paused');
    });
  });

  test('a pruned server takes its paused schedule along', async () => {
    const { id } = await running(my.store);
    await put(id, { paused: true });
    await settle(my.store, (await destroy(my.store, id)).job.id, removed);
    await my.store.prune('servers', { before: at(9 * dayS), after: '' });
    expect((await my.dump()).schedules).toEqual([]);
  });
}
