import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { buyRefused } from '../buy-refused.ts';
import type { WorkerHandle } from '../worker-process.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, calls, soon } from './eventually.ts';
import { transactionsOf } from './transactions-of.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const touchingJobs = (worker: WorkerHandle) =>
  transactionsOf(worker).filter((statements) => statements.some((statement) => /^update "?jobs/i.test(statement)));

/** Only the statement that closes a job sets its attempts. */
const closing = (worker: WorkerHandle, jobId: string) =>
  transactionsOf(worker).filter((statements) =>
    statements.some((statement) => /"attempts" = /.test(statement) && statement.includes(jobId)),
  );

test('each job commits exactly one transaction, if it succeeds, is retried, fails or is cancelled', {
  timeout: 120_000,
}, async () => {
  const worker = await world.startWorker({ LOG_LEVEL: 'trace' });
  const succeeded = await world.buy();
  await allAre(world, [succeeded.server.id], 'running');

  await world.fault({ operation: 'create', kind: 'status', status: 500, times: 1 });
  const retried = await world.buy();
  await allAre(world, [retried.server.id], 'running');

  const failed = await buyRefused(world);
  await allAre(world, [failed.server.id], 'failed');

  await world.fault({ operation: 'create', kind: 'boot', ms: null });
  const cancelled = await world.buy();
  await vi.waitFor(
    async () => expect((await world.machines()).some(({ label }) => label.includes(cancelled.server.id))).toBe(true),
    soon,
  );
  const destroyed = await world.destroy(cancelled.server.id);
  await allAre(world, [cancelled.server.id], 'destroyed');

  const jobs = [succeeded.job, retried.job, failed.job, cancelled.job, destroyed.job];
  // The trace arrives through a pipe and may be later than the commit.
  await vi.waitFor(() => expect(touchingJobs(worker)).toHaveLength(jobs.length), soon);
  for (const { id } of jobs) expect(closing(worker, id), id).toHaveLength(1);
  expect((await world.store.readJob(retried.job.id))?.attempts).toBe(2);
});

test('no transaction is open during a provider call, so another process gets the write lock', {
  timeout: 60_000,
}, async () => {
  await world.fault({ operation: 'create', kind: 'slow', ms: 5_000 });
  await world.startWorker();
  const { server } = await world.buy();
  await vi.waitFor(async () => expect((await world.concurrency()).current).toBe(1), soon);
  // Waits for a commit of the worker's first inventory, if there is one.
  const other = new Database(world.databaseFile, { timeout: 2_000 });
  for (let n = 0; n < 20; n += 1) {
    other.exec('BEGIN IMMEDIATE');
    other.exec('ROLLBACK');
  }
  other.close();
  expect((await world.concurrency()).current, 'the call was still under way').toBe(1);
  await calls(world, 'create', 1);
  await allAre(world, [server.id], 'running');
});
