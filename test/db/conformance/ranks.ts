import { expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import {
  at,
  buy,
  destroy,
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

/** The rank of a job at its release. */
export function ranks(dialect: Dialect): void {
  const my = useFixture(dialect);
  const rankOf = async (jobId: string) => (await my.store.readJob(jobId))?.rank;

  test('a job has the number of other servers of its customer that were under way at its release', async () => {
    const [first, second] = [await buy(my.store), await buy(my.store)];
    const other = await buy(my.store, { customer: 'bob' });
    expect([first.job.rank, second.job.rank, other.job.rank]).toEqual([0, 1, 0]);
    expect(await rankOf(second.job.id)).toBe(1);
    await settle(my.store, first.job.id, made);
    expect((await buy(my.store)).job.rank, 'one of the two has ended').toBe(1);
  });

  test('the case and the form of the customer do not matter', async () => {
    await buy(my.store, { customer: 'José@Example.com' });
    expect((await buy(my.store, { customer: 'jos\u0065\u0301@example.com' })).job.rank).toBe(1);
  });

  test('each kind counts while its server is under way, and a job that waits does not', async () => {
    const servers = [await running(my.store), await running(my.store), await running(my.store)];
    const [a = missing('server'), b = missing('server'), c = missing('server')] = servers;
    const ranks = [await rebuild(my.store, a.id), await suspend(my.store, b.id), await destroy(my.store, c.id)];
    expect(ranks.map(({ job }) => job.rank)).toEqual([0, 1, 2]);
    const behind = await rebuild(my.store, a.id, { now: at(1) });
    expect([behind.job.state, behind.job.rank]).toEqual(['waiting', 0]);
    await settle(my.store, ranks[1]?.job.id ?? '', removed);
    expect((await resume(my.store, b.id)).job.rank).toBe(2);
  });

  test('a job gets its rank when the job in front ends, and a retire always has rank 0', async () => {
    const server = await running(my.store);
    const [front, behind] = [await rebuild(my.store, server.id), await rebuild(my.store, server.id)];
    for (let n = 0; n < 3; n += 1) await buy(my.store);
    const settled = await settle(my.store, front.job.id, made);
    const released = settled.end === 'settled' ? settled.released : [];
    expect(released.map(({ kind, rank }) => [kind, rank])).toEqual([
      ['retire', 0],
      ['rebuild', 3],
    ]);
    expect(await rankOf(behind.job.id)).toBe(3);
  });
}
