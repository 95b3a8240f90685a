import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startWorld } from '../world.ts';
import { allRunWithin, soon } from './eventually.ts';

test('a worker whose port is taken exits before it takes a job, so that no restart counts as a crash of one', {
  timeout: 180_000,
}, async () => {
  const world = await startWorld();
  onTestFinished(() => world.close());
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { server, job } = await world.buy();
  const inQueue = () => world.connection.queue.getJob(job.id);
  await vi.waitFor(async () => expect(await inQueue()).toBeDefined(), soon);

  const starting = world.startWorker({ WORKER_PORT: String(port) });
  await expect(starting).rejects.toThrow(`exited with 1: Port ${port} on 127.0.0.1 is in use by another process.`);
  expect(await inQueue()).toMatchObject({ attemptsStarted: 0, stalledCounter: 0 });
  expect(await world.store.readWorkers(10)).toEqual([]);

  await world.startWorker();
  await allRunWithin(world, [server.id], 100_000);
  expect(await inQueue()).toMatchObject({ stalledCounter: 0 });
});
