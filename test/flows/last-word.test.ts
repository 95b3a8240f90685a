import { hostname } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { showWorker } from '#src/http/shapes/worker.ts';
import { startWorld, type World } from '../world.ts';
import { soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

/** The workers by name, as the API would show them that long after their last words. */
async function seen(secondsLater = 0) {
  const rows = await world.store.readWorkers(10);
  return Object.fromEntries(
    rows.map((row) => {
      const { name, state, silent } = showWorker(row, new Date(row.saidAt.getTime() + secondsLater * 1_000));
      return [name, { state, silent }];
    }),
  );
}

test('a worker that is killed becomes silent, and one that is stopped says so', { timeout: 60_000 }, async () => {
  const [killed, stopped] = await Promise.all([world.startWorker(), world.startWorker({ WORKER_CONCURRENCY: '7' })]);
  const [nameOfKilled, nameOfStopped] = [killed, stopped].map(({ pid }) => `${hostname()}-${pid}`);
  const takesJobs = { state: 'takes jobs', silent: false };
  const both = { [String(nameOfKilled)]: takesJobs, [String(nameOfStopped)]: takesJobs };
  await vi.waitFor(async () => expect(await seen()).toEqual(both), soon);
  await Promise.all([killed.kill9(), stopped.stop()]);
  expect(await seen(31)).toEqual({
    [String(nameOfKilled)]: { state: 'takes jobs', silent: true },
    [String(nameOfStopped)]: { state: 'stopped', silent: false },
  });
  const [last] = await world.store.readWorkers(10);
  expect(last).toMatchObject({ name: nameOfStopped, active: 0, slots: 7 });
});
