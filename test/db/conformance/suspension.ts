import { describe, expect, test } from 'vitest';
import { NotAllowedError } from '#db/errors.ts';
import type { Server } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  actor,
  at,
  buy,
  confirmed,
  destroy,
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
  suspended,
  useFixture,
} from './fixture.ts';
import { broken } from './invariants.ts';
import { rowsOf } from './rows.ts';

export function suspension(dialect: Dialect): void {
  const my = useFixture(dialect);
  const { job, server, machine, events } = rowsOf(my);
  const suspendUnpaid = async (serverId: string) => {
    const byPayments = { ...actor(), requestedBy: 'stripe' } as const;
    const suspension = { serverId, reason: 'past-due' };
    return (await my.store.recordSuspend(suspension, byPayments, plain)).recorded ?? missing('suspension');
  };

  describe('a suspension', () => {
    test('of a running server removes its machines, and keeps its keys, its reason and its place', async () => {
      const { id, hostname } = await running(my.store);
      const asked = await suspend(my.store, id, at(90));
      expect(asked.server).toMatchObject({ status: 'suspending', heldReason: 'past-due', owedSince: null });
      expect(asked.job).toMatchObject({ kind: 'suspend', state: 'released', reason: 'past-due', machineId: null });
      await settle(my.store, asked.job.id, removed, { now: at(120) });
      expect(await server(id)).toMatchObject({
        hostname,
        status: 'suspended',
        machineId: null,
        heldReason: 'past-due',
        owedSince: null,
        generation: 1,
        updatedAt: at(120),
      });
      expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'gone', goneAt: at(120) });
      expect((await my.dump()).vpnKeys).toEqual([{ serverId: id, sealed: `the keys of ${id}` }]);
      expect((await events(id)).slice(-3)).toEqual(['requested suspend', 'started suspend', 'succeeded suspend']);
      const { events: all } = await my.dump();
      expect(all.find(({ type }) => type === 'server.suspend_requested')).toMatchObject({
        actor: 'key:desk',
        detail: { kind: 'suspend', by: 'desk', reason: 'past-due' },
      });
      expect(all.find(({ type }) => type === 'server.suspended')?.detail).toMatchObject({
        machines: [{ name: `gf-${id}-1`, ipv4: confirmed.ipv4 }],
      });
    });

    test('cancels the open retires', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
      await settle(my.store, (await suspend(my.store, id)).job.id, removed);
      expect(await job(retire)).toMatchObject({ state: 'cancelled' });
      for (const name of [`gf-${id}-1`, `gf-${id}-2`]) expect((await machine(name)).state).toBe('gone');
    });

    test('ordered again returns the one that is open or done, and writes nothing', async () => {
      const { id } = await running(my.store);
      const first = await suspend(my.store, id);
      expect((await suspend(my.store, id)).job).toEqual(first.job);
      await settle(my.store, first.job.id, removed);
      const { jobs, events } = await my.dump();
      expect((await suspend(my.store, id)).job).toMatchObject({ id: first.job.id, state: 'succeeded' });
      expect(await my.dump()).toMatchObject({ jobs, events });
    });

    test('by a person is added to one of payments, which a payment ends, and a person ends both', async () => {
      const { id } = await running(my.store);
      const byPayments = await suspendUnpaid(id);
      const byPerson = await suspend(my.store, id);
      expect(byPerson.job).toMatchObject({ state: 'waiting', requestedBy: 'key:desk' });
      expect([(await suspend(my.store, id)).job.id, (await suspendUnpaid(id)).job.id]).toEqual(
        Array(2).fill(byPerson.job.id),
      );
      const resumed = await resume(my.store, id);
      expect(resumed.job).toMatchObject({ kind: 'resume', state: 'waiting' });
      expect((await job(byPerson.job.id)).state).toBe('cancelled');
      const again = await suspend(my.store, id);
      expect([(await job(resumed.job.id)).state, again.job.state]).toEqual(['cancelled', 'waiting']);
      await settle(my.store, byPayments.job.id, removed);
      await settle(my.store, again.job.id, removed);
      expect(await server(id)).toMatchObject({ status: 'suspended', heldReason: 'past-due' });
      expect(broken(await my.dump())).toEqual([]);
    });

    test('by a person of a server that payments have suspended is a job of its own', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await suspendUnpaid(id)).job.id, removed);
      const { job: added } = await my.store
        .recordSuspend({ serverId: id, reason: 'abuse' }, actor(), plain)
        .then(({ recorded }) => recorded ?? missing('suspension'));
      expect(added).toMatchObject({ state: 'released', reason: 'abuse' });
      await settle(my.store, added.id, removed);
      expect(await server(id)).toMatchObject({ status: 'suspended', heldReason: 'abuse', owedSince: null });
      expect((await suspend(my.store, id)).job.id).toBe(added.id);
    });

    test('after a resume that failed ends the claim of the customer', async () => {
      const { id } = await suspended(my.store);
      await settle(my.store, (await resume(my.store, id)).job.id, failed);
      const again = await suspend(my.store, id);
      expect(again.job).toMatchObject({ kind: 'suspend', state: 'released' });
      await settle(my.store, again.job.id, removed);
      expect(await server(id)).toMatchObject({ status: 'suspended', owedSince: null });
    });

    test('waits behind the running job and those in front of it, and runs when they have ended', async () => {
      const bought = await buy(my.store);
      const moved = await rebuild(my.store, bought.server.id, { location: 'ams' });
      const waiting = await suspend(my.store, bought.server.id);
      expect(waiting.job.state).toBe('waiting');
      expect(waiting.server).toMatchObject({ status: 'installing', heldReason: null });
      await settle(my.store, bought.job.id, made);
      await settle(my.store, moved.job.id, made);
      expect(await job(waiting.job.id)).toMatchObject({ state: 'released' });
      expect(await server(bought.server.id)).toMatchObject({ status: 'suspending', location: 'ams' });
    });

    test('behind a create that fails still runs, so that nobody is served who is not to be', async () => {
      const bought = await buy(my.store);
      const waiting = await suspend(my.store, bought.server.id);
      await settle(my.store, bought.job.id, abandoned);
      expect(await server(bought.server.id)).toMatchObject({ status: 'suspending', owedSince: null });
      await settle(my.store, waiting.job.id, removed);
      expect((await machine(`gf-${bought.server.id}-1`)).state).toBe('gone');
      const resumed = await resume(my.store, bought.server.id);
      expect(resumed.server).toMatchObject({ status: 'resuming', generation: 2 });
    });

    test.each(['rebuild', 'resume'] as const)('that waits allows no %s that would run after it', async (kind) => {
      const bought = await buy(my.store);
      const waiting = await suspend(my.store, bought.server.id);
      if (kind === 'rebuild') return expect(rebuild(my.store, bought.server.id)).rejects.toThrow(NotAllowedError);
      const { job: undone } = await resume(my.store, bought.server.id, at(7));
      expect(undone).toEqual(await job(waiting.job.id));
      expect(undone).toMatchObject({ state: 'cancelled', error: 'Cancelled by desk.', finishedAt: at(7) });
      expect((await my.dump()).jobs.map(({ kind }) => kind)).not.toContain('resume');
      await settle(my.store, bought.job.id, made);
      expect((await server(bought.server.id)).status).toBe('running');
    });

    test('that is parked leaves the server suspending, and its retry is one new suspension', async () => {
      const { id } = await running(my.store);
      const first = await suspend(my.store, id);
      await settle(my.store, first.job.id, parked);
      expect((await server(id)).status).toBe('suspending');
      const second = await retry(my.store, first.job.id);
      expect(second.job).toMatchObject({
        kind: 'suspend',
        state: 'released',
        reason: 'past-due',
        retryOf: first.job.id,
      });
      expect((await suspend(my.store, id)).job.id).toBe(second.job.id);
    });
  });

  describe('a resume', () => {
    test('makes the next machine, and the customer is owed one until it serves', async () => {
      const { id } = await suspended(my.store);
      const asked = await resume(my.store, id, at(500));
      expect(asked.job).toMatchObject({ kind: 'resume', state: 'released' });
      expect(asked.server).toMatchObject({ status: 'resuming', generation: 2, owedSince: at(500) });
      expect(await machine(`gf-${id}-2`)).toMatchObject({ id: asked.job.machineId, state: 'planned', location: 'ewr' });
      expect((await resume(my.store, id, at(501))).job).toEqual(asked.job);
      await settle(my.store, asked.job.id, made, { now: at(560) });
      expect(await server(id)).toMatchObject({
        status: 'running',
        machineId: asked.job.machineId,
        heldReason: null,
        owedSince: null,
      });
      expect((await my.dump()).vpnKeys).toHaveLength(1);
      await expect(resume(my.store, id)).rejects.toThrow(/is running, which does not allow resume\./);
    });

    test('of a server that runs, or was never suspended, is refused', async () => {
      const { server } = await buy(my.store);
      await expect(resume(my.store, server.id)).rejects.toThrow(NotAllowedError);
    });

    test.each([
      ['gone', failed],
      ['abandoned', abandoned],
    ] as const)('that fails leaves the server suspended and owed; its machine is %s', async (state, outcome) => {
      const { id } = await suspended(my.store);
      const asked = await resume(my.store, id, at(500));
      const moved = await rebuild(my.store, id);
      await settle(my.store, asked.job.id, outcome);
      expect(await server(id)).toMatchObject({ status: 'suspended', machineId: null, owedSince: at(500) });
      expect((await machine(`gf-${id}-2`)).state).toBe(state);
      expect(await job(moved.job.id)).toMatchObject({ error: 'The resume job before this job failed.' });
      const again = await retry(my.store, asked.job.id, at(600));
      expect(again.job).toMatchObject({ kind: 'resume', state: 'released', retryOf: asked.job.id });
      expect(again.server).toMatchObject({ status: 'resuming', generation: 3, owedSince: at(500) });
      expect((await retry(my.store, asked.job.id)).job.id).toBe(again.job.id);
    });

    test('that was ordered anew is not doubled by the retry of a failed one', async () => {
      const { id } = await suspended(my.store);
      const first = await resume(my.store, id);
      await settle(my.store, first.job.id, failed);
      const second = await resume(my.store, id);
      expect((await retry(my.store, first.job.id)).job.id).toBe(second.job.id);
    });

    test('waits behind the suspension, and a suspension cancels it and the rebuilds behind it', async () => {
      const { id } = await running(my.store);
      const first = await suspend(my.store, id);
      const waiting = await resume(my.store, id);
      expect(waiting.job.state).toBe('waiting');
      const moved = await rebuild(my.store, id);
      const again = await suspend(my.store, id, at(8));
      expect(again.job.id).toBe(first.job.id);
      expect(await job(waiting.job.id)).toMatchObject({ state: 'cancelled', finishedAt: at(8) });
      expect(await job(moved.job.id)).toMatchObject({ error: 'The resume job before this job was cancelled.' });
      await settle(my.store, first.job.id, removed);
      expect((await server(id)).status).toBe('suspended');
      expect(broken(await my.dump())).toEqual([]);
    });

    test('with a suspension behind it is not stopped; ordered again, it cancels that suspension', async () => {
      const { id } = await suspended(my.store);
      const first = await resume(my.store, id);
      const waiting = await suspend(my.store, id);
      expect(waiting.job.state).toBe('waiting');
      expect((await resume(my.store, id)).job.id).toBe(first.job.id);
      expect((await job(waiting.job.id)).state).toBe('cancelled');
      await settle(my.store, first.job.id, made);
      expect((await server(id)).status).toBe('running');
    });

    test('behind a parked suspension replaces the machine that this has left', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await suspend(my.store, id)).job.id, parked);
      const settled = await settle(my.store, (await resume(my.store, id)).job.id, made);
      expect(settled).toMatchObject({ released: [{ kind: 'retire' }] });
      expect((await machine(`gf-${id}-1`)).state).toBe('replaced');
      expect((await server(id)).status).toBe('running');
    });

    test('that fails behind a parked suspension gives its machine to the inventory', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await suspend(my.store, id)).job.id, parked);
      await settle(my.store, (await resume(my.store, id)).job.id, failed, { now: at(70) });
      expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'replaced', removableAt: at(70) });
      expect(await server(id)).toMatchObject({ status: 'suspended', machineId: null });
      expect(broken(await my.dump())).toEqual([]);
    });
  });

  describe('a destroy', () => {
    const reach: Record<string, (server: Server) => Promise<unknown>> = {
      suspending: ({ id }) => suspend(my.store, id),
      suspended: async ({ id }) => settle(my.store, (await suspend(my.store, id)).job.id, removed),
      resuming: async ({ id }) => {
        await settle(my.store, (await suspend(my.store, id)).job.id, removed);
        await resume(my.store, id);
      },
    };
    test.each(Object.entries(reach))('of a server that is %s removes it with its keys', async (status, bring) => {
      const one = await running(my.store);
      await bring(one);
      expect((await server(one.id)).status).toBe(status);
      const before = (await my.store.readServer(one.id))?.openJobs ?? [];
      const end = await destroy(my.store, one.id);
      for (const { id } of before) await settle(my.store, id, { end: 'cancelled', error: 'A destroy waits.' });
      expect(await server(one.id)).toMatchObject({ status: 'destroying', owedSince: null });
      await settle(my.store, end.job.id, removed);
      expect((await server(one.id)).status).toBe('destroyed');
      expect((await my.dump()).vpnKeys).toEqual([]);
    });

    test('cancels a suspension and a resume that wait', async () => {
      const bought = await buy(my.store);
      const waiting = await suspend(my.store, bought.server.id);
      const other = await running(my.store);
      await suspend(my.store, other.id);
      const resumed = await resume(my.store, other.id);
      for (const id of [bought.server.id, other.id]) await destroy(my.store, id);
      for (const { id } of [waiting.job, resumed.job])
        expect(await job(id)).toMatchObject({ state: 'cancelled', error: 'The server is to be destroyed.' });
      await expect(suspend(my.store, other.id)).rejects.toThrow(NotAllowedError);
    });
  });

  test('a hundred commands at once on a server keep its line in order', async () => {
    const { id } = await running(my.store);
    const stores = [my.store, await my.another()];
    const commands = Array.from({ length: 100 }, (_, n) => {
      const store = stores[n % 2] ?? my.store;
      const asked = n % 3 === 0 ? resume(store, id) : suspend(store, id);
      return asked.catch((error: unknown) => {
        if (!(error instanceof NotAllowedError)) throw error;
      });
    });
    await Promise.all(commands);
    const dump = await my.dump();
    expect(broken(dump)).toEqual([]);
    const open = dump.jobs.filter(({ state }) => state === 'waiting' || state === 'released');
    expect(open.length).toBeLessThanOrEqual(2);
    expect(new Set(open.map(({ kind }) => kind)).size).toBe(open.length);
  });

  test('a suspension without a reason is recorded without one', async () => {
    const { id } = await running(my.store);
    await my.store.recordSuspend({ serverId: id, reason: null }, actor(), plain);
    expect(await server(id)).toMatchObject({ status: 'suspending', heldReason: null });
  });
}
