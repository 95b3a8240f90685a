import { describe, expect, test } from 'vitest';
import { JobStateError, NotAllowedError } from '#db/errors.ts';
import type { Store } from '#db/store.ts';
import type { Dialect } from '../dialects.ts';
import {
  actor,
  at,
  buy,
  destroy,
  failed,
  made,
  missing,
  plain,
  rebuild,
  removed,
  running,
  settle,
  useFixture,
} from './fixture.ts';
import { broken } from './invariants.ts';

export function lines(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('the jobs of a line', () => {
    test.each([
      ['equal', [7, 7, 7, 7]],
      ['reversed', [9, 6, 3, 0]],
    ])('run in the order in which they were accepted, with %s clocks', async (_, clocks) => {
      const { server, job } = await buy(my.store, { now: at(5) });
      const asked: string[] = [job.id];
      for (const clock of clocks) asked.push((await rebuild(my.store, server.id, { now: at(clock) })).job.id);
      const ran: string[] = [];
      for (let due = await lineOf(server.id); due; due = await lineOf(server.id)) {
        ran.push(due);
        await settle(my.store, due, made, { now: at(1) });
      }
      expect(ran).toEqual(asked);
    });

    test('of one server are independent of those of another', async () => {
      const one = await buy(my.store);
      const two = await buy(my.store);
      await rebuild(my.store, one.server.id);
      await settle(my.store, two.job.id, made);
      expect(await lineOf(one.server.id)).toBe(one.job.id);
      expect((await rebuild(my.store, two.server.id)).job.state).toBe('released');
      expect(broken(await my.dump())).toEqual([]);
    });
  });

  describe('many stores at once', () => {
    test('take fifty commands for each server, lose none, and release one head at a time', async () => {
      const stores = [my.store, await my.another(), await my.another(), await my.another()];
      const servers = [await running(my.store), await running(my.store), (await buy(my.store)).server];
      const commands = servers.flatMap(({ id }) =>
        Array.from({ length: 50 }, (_, n) => rebuild(stores[n % 4] ?? my.store, id, { now: at(n) })),
      );
      const jobs = (await Promise.all(commands)).map(({ job }) => job.id);
      const dump = await my.dump();
      expect(broken(dump)).toEqual([]);
      expect(new Set(jobs).size).toBe(150);
      expect(dump.jobs.filter(({ kind }) => kind === 'rebuild')).toHaveLength(150);
    });

    // The lock on the server's row prevents this race: a settle sees no waiting job while a command sees a head.
    test('never leave a line without a head, even if commands arrive during a settle', async () => {
      const stores = [my.store, await my.another()];
      for (let round = 0; round < 6; round++) {
        const fleet = await Promise.all(Array.from({ length: 8 }, () => buy(my.store)));
        await Promise.all(
          fleet.flatMap(({ server, job }, n) => [
            settle(stores[n % 2] ?? my.store, job.id, n % 4 === 3 ? failed : made),
            refusable(command(stores[(n + round) % 2] ?? my.store, server.id, n)),
            refusable(rebuild(stores[(n + 1) % 2] ?? my.store, server.id)),
          ]),
        );
      }
      expect(broken(await my.dump())).toEqual([]);
    });

    test('record one destroy if twenty are ordered at once', async () => {
      const stores = [my.store, await my.another()];
      const { id } = await running(my.store);
      await rebuild(my.store, id);
      await rebuild(my.store, id);
      const jobs = await Promise.all(Array.from({ length: 20 }, (_, n) => destroy(stores[n % 2] ?? my.store, id)));
      expect(new Set(jobs.map(({ job }) => job.id)).size).toBe(1);
      expect(broken(await my.dump())).toEqual([]);
    });

    test('record one retry if twenty are ordered at once', async () => {
      const stores = [my.store, await my.another()];
      const { server, job } = await buy(my.store);
      await settle(my.store, job.id, failed);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (stores[n % 2] ?? my.store).recordRetry(job.id, actor(), plain)),
      );
      expect(new Set(answers.map(({ recorded }) => recorded?.job.id)).size).toBe(1);
      expect((await my.store.readServer(server.id))?.openJobs).toHaveLength(1);
    });
  });

  test('a destroy between two rebuilds ends the line', async () => {
    const { server, job } = await buy(my.store);
    await rebuild(my.store, server.id);
    await destroy(my.store, server.id);
    await settle(my.store, job.id, made);
    const head = (await lineOf(server.id)) ?? missing('head');
    await settle(my.store, head, removed);
    expect(await lineOf(server.id)).toBeUndefined();
    expect(broken(await my.dump())).toEqual([]);
  });

  async function lineOf(serverId: string): Promise<string | undefined> {
    const times = { now: at(3_600), releasedBefore: at(3_600) };
    const { ids } = await my.store.readDuePage({ ...times, after: '', limit: 1_000 });
    return (await my.store.readReleased(ids)).find((job) => job.serverId === serverId && job.kind !== 'retire')?.id;
  }
}

function command(store: Store, serverId: string, n: number): Promise<unknown> {
  return n % 3 === 0 ? destroy(store, serverId) : rebuild(store, serverId);
}

/** Either of two commands may come first, so the other may be refused. */
async function refusable(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!(error instanceof NotAllowedError || error instanceof JobStateError)) throw error;
  });
}
