import { describe, expect, test } from 'vitest';
import { JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import {
  actor,
  at,
  buy,
  calledOff,
  cancel,
  cancelled,
  destroy,
  failed,
  made,
  missing,
  parked,
  plain,
  rebuild,
  removed,
  retry,
  running,
  settle,
  useFixture,
} from './fixture.ts';
import { rowsOf } from './rows.ts';

export function retriesAndCancels(dialect: Dialect): void {
  const my = useFixture(dialect);
  const { job, server, events } = rowsOf(my);

  describe('a retry', () => {
    test('of a failed create is a new job with a new generation, and names the job that it retries', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, failed);
      const retried = await retry(my.store, bought.job.id, at(90));
      expect(retried.server).toMatchObject({ status: 'installing', generation: 2 });
      expect(retried.job).toMatchObject({ kind: 'create', state: 'released', retryOf: bought.job.id, attempts: 0 });
      expect(await job(bought.job.id)).toMatchObject({ state: 'failed' });
      expect((await my.dump()).machines.map(({ name, state }) => [name, state]).sort()).toEqual([
        [`gf-${bought.server.id}-1`, 'gone'],
        [`gf-${bought.server.id}-2`, 'planned'],
      ]);
    });

    test('of a failed rebuild has the same location, at the end of the line', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id, { location: 'ams' });
      await settle(my.store, first.job.id, failed);
      const other = await rebuild(my.store, id);
      const retried = await retry(my.store, first.job.id);
      expect(retried.job).toMatchObject({ kind: 'rebuild', state: 'waiting', location: 'ams', retryOf: first.job.id });
      expect(retried.job.position).toBeGreaterThan(other.job.position);
    });

    test('ordered twice returns the open one', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      await settle(my.store, first.job.id, failed);
      const one = await retry(my.store, first.job.id);
      expect((await retry(my.store, first.job.id)).job).toEqual(one.job);
      await settle(my.store, one.job.id, failed);
      expect((await retry(my.store, first.job.id)).job.id).not.toBe(one.job.id);
    });

    test('of a parked destroy is one new destroy', async () => {
      const { id } = await running(my.store);
      const first = await destroy(my.store, id);
      await settle(my.store, first.job.id, parked);
      const one = await retry(my.store, first.job.id);
      expect(one.job).toMatchObject({ kind: 'destroy', state: 'released' });
      expect((await retry(my.store, first.job.id)).job.id).toBe(one.job.id);
      await settle(my.store, one.job.id, removed);
      expect((await server(id)).status).toBe('destroyed');
    });

    test('of a parked retire retires the same machine in its own line', async () => {
      const { retire, machineId } = await replacedMachine(my.store);
      await settle(my.store, retire.id, parked);
      const retried = await retry(my.store, retire.id, at(600));
      expect(retried.job).toMatchObject({ kind: 'retire', state: 'released', line: machineId, machineId });
      expect(retried.server.status).toBe('running');
    });

    test('of a retire whose machine is gone is refused', async () => {
      const { retire, machineId } = await replacedMachine(my.store);
      await settle(my.store, retire.id, parked);
      await my.store.markMachineGone(machineId, at(600));
      await expect(retry(my.store, retire.id)).rejects.toThrow(/is gone; there is nothing left/);
    });

    test('behind a waiting destroy is refused', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      await settle(my.store, first.job.id, failed);
      await rebuild(my.store, id);
      await destroy(my.store, id);
      await expect(retry(my.store, first.job.id)).rejects.toThrow(NotAllowedError);
    });

    test('of a job that did not fail is refused, and the error has its state', async () => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      await expect(retry(my.store, bought.job.id)).rejects.toThrow(/is queued or running; only a failed job/);
      await expect(retry(my.store, waiting.job.id)).rejects.toThrow(/is waiting; only a failed job/);
      await settle(my.store, bought.job.id, made);
      await expect(retry(my.store, bought.job.id)).rejects.toThrow(/is succeeded; only a failed job/);
      await settle(my.store, waiting.job.id, cancelled);
      await expect(retry(my.store, waiting.job.id)).rejects.toThrow(JobStateError);
      await expect(retry(my.store, 'job-none')).rejects.toThrow(NotFoundError);
    });
  });

  describe('a cancel', () => {
    test('closes a waiting rebuild; the jobs around it stay', async () => {
      const bought = await buy(my.store);
      const first = await rebuild(my.store, bought.server.id);
      const second = await rebuild(my.store, bought.server.id);
      const answer = await cancel(my.store, first.job.id, at(9));
      expect(answer.job).toEqual(await job(first.job.id));
      expect(answer.job).toMatchObject({ state: 'cancelled', finishedAt: at(9), error: 'Cancelled by desk.' });
      expect(await events(bought.server.id)).toContain('cancelled rebuild');
      await settle(my.store, bought.job.id, made);
      expect(await job(second.job.id)).toMatchObject({ state: 'released' });
    });

    test('of any other job is refused, and the message says what to do instead', async () => {
      const bought = await buy(my.store);
      const rebuilt = await rebuild(my.store, bought.server.id);
      await settle(my.store, bought.job.id, made);
      await settle(my.store, rebuilt.job.id, made);
      const waiting = await destroy(my.store, bought.server.id);
      await expect(cancel(my.store, rebuilt.job.id)).rejects.toThrow('already succeeded');
      const before = await my.dump();
      for (const { id } of [bought.job, waiting.job]) {
        const refused = expect(cancel(my.store, id)).rejects;
        await refused.toThrow(JobStateError);
        await expect(cancel(my.store, id)).rejects.toThrow(`DELETE /v1/servers/${bought.server.id}`);
      }
      await expect(cancel(my.store, 'job-none')).rejects.toThrow(NotFoundError);
      expect(await my.dump()).toEqual(before);
    });

    test('asks a rebuild that may run to stop, once; its server goes on with the machine that it had', async () => {
      const { id } = await running(my.store);
      const before = await my.store.readServer(id);
      const rebuilt = await rebuild(my.store, id);
      const behind = await rebuild(my.store, id);
      expect((await my.store.readCheckpoint(rebuilt.job.id))?.cancelAsked).toBe(false);
      const asked = await cancel(my.store, rebuilt.job.id, at(9));
      expect(asked.job.state).toBe('released');
      expect(await my.store.readCheckpoint(rebuilt.job.id)).toEqual({
        state: 'released',
        destroyWaits: false,
        cancelAsked: true,
      });
      const again = await cancel(my.store, rebuilt.job.id, at(10));
      expect(again.job).toEqual(asked.job);
      const settled = await settle(my.store, rebuilt.job.id, calledOff);
      expect(settled).toMatchObject({ state: 'cancelled', released: [{ id: behind.job.id }] });
      await settle(my.store, behind.job.id, failed);
      const after = await my.store.readServer(id);
      expect(after?.server).toMatchObject({ status: 'running', machineId: before?.server.machineId });
      expect(after?.machine).toEqual(before?.machine);
      const machine = (await my.dump()).machines.find((row) => row.id === rebuilt.job.machineId);
      expect(machine?.state).toBe('gone');
      const told = (await my.dump()).events.filter(({ jobId }) => jobId === rebuilt.job.id);
      const [cancelling, ...others] = told.filter(({ type }) => type === 'server.cancel_requested');
      expect(others).toEqual([]);
      expect(cancelling).toMatchObject({ actor: 'key:desk', serverId: id, detail: { kind: 'rebuild', by: 'desk' } });
      expect(told.find(({ type }) => type === 'server.rebuild_cancelled')?.cause).toBe(cancelling?.uid);
    });

    test('of a rebuild past the switch is refused, unless it was asked to stop before', async () => {
      const { id } = await running(my.store);
      const { job } = await rebuild(my.store, id);
      const late = () => my.store.recordCancel({ jobId: job.id, isPastSwitch: true }, actor(), plain);
      await expect(late()).rejects.toThrow('is past the switch');
      await cancel(my.store, job.id);
      expect((await late()).recorded?.job.id).toBe(job.id);
    });
  });
}

async function replacedMachine(store: Store): Promise<{ retire: Job; machineId: string }> {
  const server = await running(store);
  const rebuilt = await rebuild(store, server.id);
  const settled = await settle(store, rebuilt.job.id, made);
  const retire = settled.end === 'settled' ? settled.released[0] : undefined;
  return { retire: retire ?? missing('retire'), machineId: server.machineId ?? missing('machine') };
}
