import { describe, expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  at,
  buy,
  cancelled,
  confirmed,
  destroy,
  failed,
  made,
  parked,
  rebuild,
  removed,
  settle,
  useFixture,
} from './fixture.ts';
import { rowsOf } from './rows.ts';

export function settlingCreates(dialect: Dialect): void {
  const my = useFixture(dialect);
  const { job, server, machine, last } = rowsOf(my);

  describe('a create that succeeds', () => {
    test('puts the machine into service', async () => {
      const bought = await buy(my.store);
      expect(await settle(my.store, bought.job.id, made, { attempts: 3 })).toMatchObject({
        end: 'settled',
        released: [],
      });
      expect(await job(bought.job.id)).toMatchObject({
        state: 'succeeded',
        attempts: 3,
        error: null,
        parked: false,
        finishedAt: at(60),
      });
      expect(await server(bought.server.id)).toMatchObject({
        status: 'running',
        machineId: bought.job.machineId,
        generation: 1,
        updatedAt: at(60),
      });
      expect(await machine(`gf-${bought.server.id}-1`)).toMatchObject({
        ...confirmed,
        state: 'current',
        removableAt: null,
        goneAt: null,
      });
      expect(await last(bought.server.id)).toMatchObject({
        event: 'succeeded',
        jobId: bought.job.id,
        at: at(60),
        detail: { kind: 'create', attempts: 3 },
      });
    });
  });

  describe('a create that fails', () => {
    test('and has removed its machine leaves the machine gone and the server failed', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, failed, { attempts: 5 });
      expect(await job(bought.job.id)).toMatchObject({
        state: 'failed',
        error: 'Sold out.',
        attempts: 5,
        parked: false,
        finishedAt: at(60),
      });
      expect(await server(bought.server.id)).toMatchObject({ status: 'failed', machineId: null, updatedAt: at(60) });
      expect(await machine(`gf-${bought.server.id}-1`)).toMatchObject({ state: 'gone', goneAt: at(60) });
      expect(await last(bought.server.id)).toMatchObject({
        event: 'failed',
        detail: { kind: 'create', attempts: 5, error: 'Sold out.' },
      });
    });

    test('and may have left its machine abandons it, so that the inventory removes it', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, abandoned);
      expect(await machine(`gf-${bought.server.id}-1`)).toMatchObject({
        state: 'abandoned',
        removableAt: at(60),
        goneAt: null,
      });
    });

    test('because it was parked is recorded as parked', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, parked);
      expect(await job(bought.job.id)).toMatchObject({ state: 'failed', parked: true, error: 'Parked.' });
    });

    test('cancels the rebuilds behind it', async () => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      expect(await settle(my.store, bought.job.id, failed)).toMatchObject({ end: 'settled', released: [] });
      expect(await job(waiting.job.id)).toMatchObject({
        state: 'cancelled',
        error: 'The create job before this job failed.',
        finishedAt: at(60),
      });
      expect((await server(bought.server.id)).status).toBe('failed');
    });

    test('releases the destroy behind it', async () => {
      const bought = await buy(my.store);
      const waiting = await destroy(my.store, bought.server.id);
      const settled = await settle(my.store, bought.job.id, abandoned);
      expect(settled).toMatchObject({ released: [{ id: waiting.job.id, state: 'released' }] });
      expect((await server(bought.server.id)).status).toBe('destroying');
    });
  });

  describe('a create that was cancelled', () => {
    test('leaves its machine as planned for the destroy behind it', async () => {
      const bought = await buy(my.store);
      const waiting = await destroy(my.store, bought.server.id);
      await settle(my.store, bought.job.id, cancelled);
      expect(await job(bought.job.id)).toMatchObject({ state: 'cancelled', error: 'A destroy waits.' });
      expect((await machine(`gf-${bought.server.id}-1`)).state).toBe('planned');
      await settle(my.store, waiting.job.id, removed);
      expect((await machine(`gf-${bought.server.id}-1`)).state).toBe('gone');
    });
  });
}
