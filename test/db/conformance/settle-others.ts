import { describe, expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  at,
  confirmed,
  destroy,
  failed,
  made,
  parked,
  rebuild,
  removed,
  running,
  settle,
  useFixture,
} from './fixture.ts';
import { rowsOf } from './rows.ts';

export function settlingOthers(dialect: Dialect): void {
  const my = useFixture(dialect);
  const { job, server, machine, last } = rowsOf(my);

  describe('a rebuild that succeeds', () => {
    test('puts the new machine into service and releases the retire of the old one, due after the grace', async () => {
      const { id, machineId } = await running(my.store);
      const rebuilt = await rebuild(my.store, id, { location: 'ams' });
      const settled = await settle(my.store, rebuilt.job.id, {
        end: 'made',
        machine: { ...confirmed, providerId: 'vps-2' },
      });
      expect(await server(id)).toMatchObject({
        status: 'running',
        machineId: rebuilt.job.machineId,
        location: 'ams',
        generation: 2,
      });
      expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'replaced', removableAt: at(360), goneAt: null });
      expect(await machine(`gf-${id}-2`)).toMatchObject({ state: 'current', providerId: 'vps-2' });
      const retire = settled.end === 'settled' ? settled.released[0] : undefined;
      expect(settled).toMatchObject({ released: [{ kind: 'retire' }] });
      expect(retire).toEqual(await job(retire?.id ?? ''));
      expect(retire).toMatchObject({
        line: machineId,
        machineId,
        serverId: id,
        state: 'released',
        dueAt: at(360),
        requestedBy: 'policy',
      });
    });

    test('records what the machine is, also if an older database had planned another', async () => {
      const { id } = await running(my.store);
      const rebuilt = await rebuild(my.store, id);
      const found = { ...confirmed, location: 'cdg', plan: 'larger' };
      await settle(my.store, rebuilt.job.id, { end: 'made', machine: found });
      expect(await server(id)).toMatchObject({ location: 'cdg', plan: 'larger' });
      expect(await machine(`gf-${id}-2`)).toMatchObject({ location: 'cdg', plan: 'larger' });
    });

    test('releases the next rebuild of the line at once, beside the retire', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      const second = await rebuild(my.store, id);
      const settled = await settle(my.store, first.job.id, made);
      expect(settled.end === 'settled' && settled.released.map(({ kind }) => kind)).toEqual(['retire', 'rebuild']);
      expect(await job(second.job.id)).toMatchObject({ state: 'released' });
      expect(await server(id)).toMatchObject({ status: 'rebuilding', generation: 3 });
    });

    test('hands its place to the next rebuild of the line, which names none', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id, { location: 'ams' });
      await rebuild(my.store, id);
      const third = await rebuild(my.store, id, { location: 'cdg' });
      await settle(my.store, first.job.id, made);
      expect(await machine(`gf-${id}-3`)).toMatchObject({ state: 'planned', generation: 3, location: 'ams' });
      const { machineId } = await server(id);
      const second = (await machine(`gf-${id}-3`)).id;
      await settle(my.store, await jobOf(id, second), failed);
      expect(await server(id)).toMatchObject({ machineId, location: 'ams', status: 'rebuilding', generation: 4 });
      expect(await machine(`gf-${id}-4`)).toMatchObject({ location: 'cdg' });
      expect(await job(third.job.id)).toMatchObject({ state: 'released' });
    });

    test('records a retire that ends in its own line and does not change the server', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? settled.released[0] : undefined;
      const before = await server(id);
      await settle(my.store, retire?.id ?? '', removed, { now: at(400) });
      expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'gone', goneAt: at(400) });
      expect(await server(id)).toEqual({ ...before, lastPosition: expect.any(Number) });
      expect(await last(id)).toMatchObject({ event: 'succeeded', detail: { kind: 'retire' } });
    });
  });

  describe('a rebuild that fails', () => {
    test.each([
      ['gone', failed],
      ['abandoned', abandoned],
    ] as const)('keeps the old machine in service; the new one is %s', async (state, outcome) => {
      const { id, machineId } = await running(my.store);
      const rebuilt = await rebuild(my.store, id, { location: 'ams' });
      await settle(my.store, rebuilt.job.id, outcome);
      expect(await server(id)).toMatchObject({ status: 'running', machineId, location: 'ewr' });
      expect((await machine(`gf-${id}-1`)).state).toBe('current');
      expect((await machine(`gf-${id}-2`)).state).toBe(state);
    });

    test('releases the next job of the line', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      const second = await rebuild(my.store, id);
      const settled = await settle(my.store, first.job.id, failed);
      expect(settled).toMatchObject({ released: [{ id: second.job.id }] });
      expect(await server(id)).toMatchObject({ status: 'rebuilding', generation: 3 });
    });
  });

  describe('a destroy', () => {
    test('that succeeds leaves no machine, and cancels the open retires', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
      await settle(my.store, (await destroy(my.store, id)).job.id, removed, { now: at(99) });
      expect(await server(id)).toMatchObject({ status: 'destroyed', machineId: null, updatedAt: at(99) });
      for (const name of [`gf-${id}-1`, `gf-${id}-2`])
        expect(await machine(name)).toMatchObject({ state: 'gone', goneAt: at(99) });
      expect(await job(retire)).toMatchObject({ state: 'cancelled', finishedAt: at(99), error: expect.any(String) });
      const events = (await my.store.readHistory(id, 0, 100)).filter(({ jobId }) => jobId === retire);
      expect(events.map(({ event }) => event)).toEqual(['started', 'cancelled']);
      expect(await settle(my.store, retire, removed)).toEqual({ end: 'fenced' });
    });

    test('that is parked leaves the server destroying and its machines unchanged', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await destroy(my.store, id)).job.id, parked);
      expect(await server(id)).toMatchObject({ status: 'destroying' });
      expect((await machine(`gf-${id}-1`)).state).toBe('current');
    });
  });

  async function jobOf(serverId: string, machineId: string): Promise<string> {
    const jobs = await my.store.readJobs({ serverId, kind: 'rebuild', limit: 10 });
    return jobs.find((one) => one.machineId === machineId)?.id ?? '';
  }

  test('a parked retire leaves its machine replaced and the server unchanged', async () => {
    const { id } = await running(my.store);
    const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
    const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
    await settle(my.store, retire, parked);
    expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'replaced' });
    expect(await server(id)).toMatchObject({ status: 'running' });
  });
}
