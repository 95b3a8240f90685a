import { describe, expect, test } from 'vitest';
import { JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import { allowedKinds, type JobKind, type ServerStatus, serverStatuses } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import {
  actor,
  at,
  buy,
  cancel,
  cancelled,
  destroy,
  destroyed,
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

export function commands(dialect: Dialect): void {
  const my = useFixture(dialect);
  const job = async (id: string): Promise<Job> => (await my.store.readJob(id)) ?? missing(id);
  const server = async (id: string) => (await my.store.readServer(id))?.server ?? missing(id);
  const events = async (id: string) =>
    (await my.store.readHistory(id, 0, 100)).map(({ event, detail }) => `${event} ${words(detail)}`.trim());

  describe('a rebuild', () => {
    test('of a running server is released, with a new generation and the row of the new machine', async () => {
      const { id } = await running(my.store);
      const commanded = await rebuild(my.store, id, { location: 'ams', now: at(90) });
      expect(commanded.server).toMatchObject({ status: 'rebuilding', generation: 2, location: 'ewr' });
      expect(commanded.server).toEqual(await server(id));
      expect(commanded.job).toEqual(await job(commanded.job.id));
      expect(commanded.job).toMatchObject({ state: 'released', location: 'ams', releasedAt: at(90), line: id });
      const { machines } = await my.dump();
      expect(machines.find((machine) => machine.id === commanded.job.machineId)).toMatchObject({
        ...{ name: `gf-${id}-2`, generation: 2, state: 'planned', location: 'ams', createdAt: at(90) },
      });
      expect(machines.find((machine) => machine.generation === 1)).toMatchObject({ state: 'current' });
      expect((await events(id)).slice(-2)).toEqual(['requested rebuild', 'started rebuild']);
    });

    test('asked during the create waits without a machine, and the settle of the create releases it', async () => {
      const bought = await buy(my.store);
      const { server: during, job: waiting } = await rebuild(my.store, bought.server.id, { location: 'ams' });
      expect(during).toMatchObject({ status: 'installing', generation: 1 });
      expect(waiting).toMatchObject({ state: 'waiting', machineId: null, releasedAt: null });
      expect((await my.dump()).machines).toHaveLength(1);
      const settled = await settle(my.store, bought.job.id, made);
      expect(settled).toMatchObject({ end: 'settled', released: [{ id: waiting.id, state: 'released' }] });
      const after = await job(waiting.id);
      expect(after).toMatchObject({ state: 'released', releasedAt: at(60) });
      expect(await server(bought.server.id)).toMatchObject({ status: 'rebuilding', generation: 2 });
      expect((await my.dump()).machines.find(({ id }) => id === after.machineId)).toMatchObject({
        ...{ state: 'planned', generation: 2, location: 'ams' },
      });
    });

    test('behind a waiting destroy is refused: the server will be gone', async () => {
      const bought = await buy(my.store);
      await destroy(my.store, bought.server.id);
      const before = await my.dump();
      await expect(rebuild(my.store, bought.server.id)).rejects.toThrow(NotAllowedError);
      expect(await my.dump()).toEqual(before);
    });
  });

  describe('a destroy', () => {
    test('cancels what waits and is released when the running job ends', async () => {
      const bought = await buy(my.store);
      const first = await rebuild(my.store, bought.server.id);
      const second = await rebuild(my.store, bought.server.id);
      const { job: waiting } = await destroy(my.store, bought.server.id, at(5));
      expect(waiting).toMatchObject({ state: 'waiting', kind: 'destroy' });
      for (const { job: gone } of [first, second])
        expect(await job(gone.id)).toMatchObject({ state: 'cancelled', finishedAt: at(5), error: expect.any(String) });
      expect((await events(bought.server.id)).filter((event) => event === 'cancelled rebuild')).toHaveLength(2);
      await settle(my.store, bought.job.id, cancelled);
      expect(await job(waiting.id)).toMatchObject({ state: 'released', releasedAt: at(60), machineId: null });
      expect(await server(bought.server.id)).toMatchObject({ status: 'destroying', generation: 1 });
    });

    test('asked again while it waits or runs answers with the same job', async () => {
      const bought = await buy(my.store);
      const waiting = await destroy(my.store, bought.server.id);
      expect((await destroy(my.store, bought.server.id)).job).toEqual(waiting.job);
      await settle(my.store, bought.job.id, cancelled);
      const again = await destroy(my.store, bought.server.id);
      expect(again.job).toMatchObject({ id: waiting.job.id, state: 'released' });
      expect(again.server.status).toBe('destroying');
    });

    test('of a destroyed server answers with the job that did it, and destroys nothing again', async () => {
      const { id } = await destroyed(my.store);
      const first = await destroy(my.store, id, at(90));
      expect(first.job).toMatchObject({ kind: 'destroy', state: 'succeeded' });
      expect((await destroy(my.store, id, at(99))).job).toEqual(first.job);
      expect((await my.dump()).jobs.filter(({ kind }) => kind === 'destroy')).toHaveLength(1);
    });

    test('is asked anew after one that was parked', async () => {
      const { id } = await running(my.store);
      const first = await destroy(my.store, id);
      await settle(my.store, first.job.id, parked);
      const second = await destroy(my.store, id);
      expect(second.job.id).not.toBe(first.job.id);
      expect(second.job).toMatchObject({ state: 'released' });
    });
  });

  describe('what a server allows', () => {
    /** Servers in each status, and a failed job of each kind of theirs where a retry is a way to ask. */
    const table = serverStatuses.flatMap((status) =>
      (['rebuild', 'destroy', 'create'] as const).map((kind) => [status, kind] as const),
    );
    test.each(table)('%s: %s', async (status, kind) => {
      const { serverId, failedCreate } = await inStatus(my.store, status);
      expect((await server(serverId)).status).toBe(status);
      const before = await my.dump();
      const asked = ask(my.store, kind, serverId, failedCreate);
      if (allowedKinds[status].some((allowed) => allowed === kind)) {
        expect((await asked).job).toMatchObject({ kind });
        return;
      }
      const error = await asked.then(() => missing('refusal'), notAllowed);
      expect(error).toMatchObject({ status, allowed: allowedKinds[status] });
      for (const allowed of allowedKinds[status]) expect(error.message).toContain(allowed);
      expect(await my.dump()).toEqual(before);
    });

    test('is asked of a server that exists', async () => {
      for (const command of [my.store.recordDestroy('srv-none', actor(), plain), rebuild(my.store, 'srv-none')])
        await expect(command).rejects.toThrow(NotFoundError);
    });
  });

  describe('a retry', () => {
    test('of a failed create is a new job with a new generation, and says what it retries', async () => {
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

    test('of a failed rebuild goes where that was to go, at the end of the line', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id, { location: 'ams' });
      await settle(my.store, first.job.id, failed);
      const other = await rebuild(my.store, id);
      const retried = await retry(my.store, first.job.id);
      expect(retried.job).toMatchObject({ kind: 'rebuild', state: 'waiting', location: 'ams', retryOf: first.job.id });
      expect(retried.job.position).toBeGreaterThan(other.job.position);
    });

    test('asked twice answers with the one that is open', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      await settle(my.store, first.job.id, failed);
      const one = await retry(my.store, first.job.id);
      expect((await retry(my.store, first.job.id)).job).toEqual(one.job);
      await settle(my.store, one.job.id, failed);
      expect((await retry(my.store, first.job.id)).job.id).not.toBe(one.job.id);
    });

    test('of a parked destroy is a destroy, once', async () => {
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

    test('of a job that did not fail is refused with its state', async () => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      await expect(retry(my.store, bought.job.id)).rejects.toThrow(/is released; only a failed job/);
      await expect(retry(my.store, waiting.job.id)).rejects.toThrow(/is waiting; only a failed job/);
      await settle(my.store, bought.job.id, made);
      await expect(retry(my.store, bought.job.id)).rejects.toThrow(/is succeeded; only a failed job/);
      await settle(my.store, waiting.job.id, cancelled);
      await expect(retry(my.store, waiting.job.id)).rejects.toThrow(JobStateError);
      await expect(retry(my.store, 'job-none')).rejects.toThrow(NotFoundError);
    });
  });

  describe('a cancel', () => {
    test('takes back a waiting rebuild; the jobs around it stay', async () => {
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

    test('of anything else is refused, and names what to do instead', async () => {
      const bought = await buy(my.store);
      const rebuilt = await rebuild(my.store, bought.server.id);
      await settle(my.store, bought.job.id, made);
      const waiting = await destroy(my.store, bought.server.id);
      const before = await my.dump();
      for (const { id } of [bought.job, rebuilt.job, waiting.job]) {
        const refused = expect(cancel(my.store, id)).rejects;
        await refused.toThrow(JobStateError);
        await expect(cancel(my.store, id)).rejects.toThrow(`DELETE /v1/servers/${bought.server.id}`);
      }
      await expect(cancel(my.store, 'job-none')).rejects.toThrow(NotFoundError);
      expect(await my.dump()).toEqual(before);
    });
  });
}

function words(detail: unknown): string {
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? String(detail.kind) : '';
}

function notAllowed(error: unknown): NotAllowedError {
  if (error instanceof NotAllowedError) return error;
  throw error;
}

function ask(store: Store, kind: Exclude<JobKind, 'retire'>, serverId: string, failedCreate: string) {
  if (kind === 'rebuild') return rebuild(store, serverId);
  return kind === 'destroy' ? destroy(store, serverId) : retry(store, failedCreate);
}

/** A server brought to the status by what happens to servers; its first create failed, so that a retry can be asked. */
async function inStatus(store: Store, status: ServerStatus): Promise<{ serverId: string; failedCreate: string }> {
  const { server, job } = await buy(store);
  await settle(store, job.id, failed);
  const found = { serverId: server.id, failedCreate: job.id };
  if (status === 'failed') return found;
  if (status === 'installing') {
    // A retry of an open retry is answered with it, so its own create must have failed too.
    const second = await retry(store, job.id);
    await settle(store, second.job.id, failed);
    await retry(store, second.job.id);
    return found;
  }
  await settle(store, (await retry(store, job.id)).job.id, made);
  if (status === 'rebuilding') await rebuild(store, server.id);
  if (status === 'destroying' || status === 'destroyed') {
    const removal = await destroy(store, server.id);
    if (status === 'destroyed') await settle(store, removal.job.id, removed);
  }
  return found;
}

async function replacedMachine(store: Store): Promise<{ retire: Job; machineId: string }> {
  const server = await running(store);
  const rebuilt = await rebuild(store, server.id);
  const settled = await settle(store, rebuilt.job.id, made);
  const retire = settled.end === 'settled' ? settled.released[0] : undefined;
  return { retire: retire ?? missing('retire'), machineId: server.machineId ?? missing('machine') };
}
