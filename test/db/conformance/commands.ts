import { describe, expect, test } from 'vitest';
import { NotAllowedError, NotFoundError } from '#db/errors.ts';
import { allowedKinds, type JobKind, type ServerStatus, serverStatuses } from '#db/model.ts';
import type { Store } from '#db/store.ts';
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
  parked,
  plain,
  rebuild,
  removed,
  resume,
  retry,
  running,
  settle,
  suspend,
  useFixture,
} from './fixture.ts';
import { rowsOf } from './rows.ts';

export function commands(dialect: Dialect): void {
  const my = useFixture(dialect);
  const { job, server, events } = rowsOf(my);

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
        name: `gf-${id}-2`,
        generation: 2,
        state: 'planned',
        location: 'ams',
        createdAt: at(90),
      });
      expect(machines.find((machine) => machine.generation === 1)).toMatchObject({ state: 'current' });
      expect((await events(id)).slice(-2)).toEqual(['requested rebuild', 'started rebuild']);
    });

    test('ordered during the create waits without a machine, and the settle of the create releases it', async () => {
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
        state: 'planned',
        generation: 2,
        location: 'ams',
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
    test('cancels the waiting jobs and is released when the running job ends', async () => {
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

    test('ordered again while it waits or runs returns the same job', async () => {
      const bought = await buy(my.store);
      const waiting = await destroy(my.store, bought.server.id);
      expect((await destroy(my.store, bought.server.id)).job).toEqual(waiting.job);
      await settle(my.store, bought.job.id, cancelled);
      const again = await destroy(my.store, bought.server.id);
      expect(again.job).toMatchObject({ id: waiting.job.id, state: 'released' });
      expect(again.server.status).toBe('destroying');
    });

    test('of a destroyed server returns the job that destroyed it, and adds none', async () => {
      const { id } = await destroyed(my.store);
      const first = await destroy(my.store, id, at(90));
      expect(first.job).toMatchObject({ kind: 'destroy', state: 'succeeded' });
      expect((await destroy(my.store, id, at(99))).job).toEqual(first.job);
      expect((await my.dump()).jobs.filter(({ kind }) => kind === 'destroy')).toHaveLength(1);
    });

    test('is a new job if the last one was parked', async () => {
      const { id } = await running(my.store);
      const first = await destroy(my.store, id);
      await settle(my.store, first.job.id, parked);
      const second = await destroy(my.store, id);
      expect(second.job.id).not.toBe(first.job.id);
      expect(second.job).toMatchObject({ state: 'released' });
    });
  });

  describe('the commands that a server allows', () => {
    /** Each command on a server in each status. `create` is requested by a retry of a failed one. */
    const table = serverStatuses.flatMap((status) =>
      (['rebuild', 'suspend', 'resume', 'destroy', 'create'] as const).map((kind) => [status, kind] as const),
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

    test('are none if the server does not exist', async () => {
      for (const command of [my.store.recordDestroy('srv-none', actor(), plain), rebuild(my.store, 'srv-none')])
        await expect(command).rejects.toThrow(NotFoundError);
    });
  });
}

function notAllowed(error: unknown): NotAllowedError {
  if (error instanceof NotAllowedError) return error;
  throw error;
}

function ask(store: Store, kind: Exclude<JobKind, 'retire'>, serverId: string, failedCreate: string) {
  const asked = { rebuild, suspend, resume, destroy, create: () => retry(store, failedCreate) };
  return asked[kind](store, serverId);
}

/** Brings a server to the status by ordinary jobs. Its first create failed, so that it can be retried. */
async function inStatus(store: Store, status: ServerStatus): Promise<{ serverId: string; failedCreate: string }> {
  const { server, job } = await buy(store);
  await settle(store, job.id, failed);
  const found = { serverId: server.id, failedCreate: job.id };
  if (status === 'failed') return found;
  if (status === 'installing') {
    // A second retry would return the open one, so the first retry must have failed too.
    const second = await retry(store, job.id);
    await settle(store, second.job.id, failed);
    await retry(store, second.job.id);
    return found;
  }
  await settle(store, (await retry(store, job.id)).job.id, made);
  if (status === 'rebuilding') await rebuild(store, server.id);
  if (['suspending', 'suspended', 'resuming'].includes(status)) {
    const suspension = await suspend(store, server.id);
    if (status !== 'suspending') await settle(store, suspension.job.id, removed);
    if (status === 'resuming') await resume(store, server.id);
  }
  if (status === 'destroying' || status === 'destroyed') {
    const removal = await destroy(store, server.id);
    if (status === 'destroyed') await settle(store, removal.job.id, removed);
  }
  return found;
}
