import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freeze } from '../freeze.ts';
import { startWorld, type World } from '../world.ts';
import { allRunWithin, calls, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ bootMs: 3_000 });
});
afterEach(() => world.close());

async function buy(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await world.buy()).server.id);
  return ids;
}

const changes = async (after: number) =>
  (await world.calls()).filter(
    ({ operation, startedAt }) => (operation === 'create' || operation === 'delete') && startedAt > after,
  );

/** Expects one `succeeded` in the history of each server. */
async function expectOneSuccessEach(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const history = await world.store.readHistory(id, 0, 100);
    expect(history.filter(({ event }) => event === 'succeeded')).toHaveLength(1);
  }
}

test('a worker that is frozen until others have done its jobs changes nothing after it resumes', {
  timeout: 120_000,
}, async () => {
  const frozen = await world.startWorker();
  const ids = await buy(9);
  await calls(world, 'create', 9);
  await freeze([frozen], () => world.store.checkWritable(new Date()));
  await world.startWorker();
  await allRunWithin(world, ids, 80_000);
  const resumedAt = Date.now();
  frozen.signal('SIGCONT');
  await vi.waitFor(() => {
    expect(frozen.lines.filter(({ event }) => event === 'run-ended')).toHaveLength(9);
  }, soon);
  expect(await changes(resumedAt)).toEqual([]);
  await expectMachines(
    world,
    ids.map((id) => `gf-${id}-1`),
  );
  await expectOneSuccessEach(ids);
});

test('no job succeeds twice after Redis hangs for longer than the locks last', {
  timeout: 120_000,
}, async () => {
  await world.startWorker();
  await world.startWorker();
  const ids = await buy(12);
  await calls(world, 'create', 12);
  const pausedAt = Date.now();
  world.redis.pause();
  // Longer than a lock (10 s). By then the machines run, and the jobs have settled or lost their locks.
  await vi.waitFor(async () => expect(Date.now() - pausedAt).toBeGreaterThan(14_000), {
    timeout: 30_000,
    interval: 500,
  });
  world.redis.resume();
  await allRunWithin(world, ids, 80_000);
  await expectMachines(
    world,
    ids.map((id) => `gf-${id}-1`),
  );
  await expectOneSuccessEach(ids);
});
