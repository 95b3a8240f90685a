import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, calls, expectMachines, soon } from './eventually.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ bootMs: 3_000 });
});
afterAll(() => world.close());

const ended = async (id: string) => {
  const job = await world.connection.queue.getJob(id);
  return job && ['completed', 'failed'].includes(await job.getState());
};

test('one of two simultaneous runs of a job settles, the other is fenced or stopped, and one machine exists', {
  timeout: 90_000,
}, async () => {
  const [one, two] = [await world.startWorker(), await world.startWorker()];
  const { server, job } = await world.buy();
  await calls(world, 'create', 1);
  const { queue, redis } = world.connection;
  // A lost lock causes this second delivery: the id is in the list again while its first run continues.
  await redis
    .multi()
    .del(`${queue.toKey(job.id)}:lock`)
    .lrem(queue.toKey('active'), 0, job.id)
    .lpush(queue.toKey('wait'), job.id)
    .zadd(queue.toKey('marker'), 0, '0')
    .exec();
  await allAre(world, [server.id], 'running');
  await vi.waitFor(() => {
    const runs = [...one.lines, ...two.lines].filter(({ jobId, event }) => jobId === job.id && event === 'run-ended');
    expect(runs).toHaveLength(2);
  }, soon);
  await expectMachines(world, [`gf-${server.id}-1`]);
  const history = await world.store.readHistory(server.id, 0, 100);
  expect(history.filter(({ event }) => event === 'succeeded')).toHaveLength(1);
  await Promise.all([one.stop(), two.stop()]);
});

test('forged ids, names, data and options have no effect', { timeout: 90_000 }, async () => {
  await world.startWorker();
  const { queue } = world.connection;
  const bystander = (await world.buy()).server;
  await allAre(world, [bystander.id], 'running');

  const { server, job } = await world.buy();
  const { job: waiting } = await world.rebuild(server.id);
  await queue.add(
    'destroy',
    { serverId: bystander.id, requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: waiting.id },
  );
  await queue.add(
    'destroy',
    { serverId: bystander.id, requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: 'job-never-recorded' },
  );
  await (await queue.getJob(job.id))?.updateData({
    serverId: bystander.id,
    requestId: null,
    publishedBy: 'release',
    redisLife: null,
  });
  await vi.waitFor(
    async () => expect(await Promise.all([ended(waiting.id), ended('job-never-recorded')])).toEqual([true, true]),
    soon,
  );
  expect((await world.store.readJob(waiting.id))?.state).toBe('waiting');

  await vi.waitFor(async () => expect((await world.store.readJob(waiting.id))?.state).toBe('succeeded'), soon);
  expect(await world.store.readServer(bystander.id)).toMatchObject({
    server: { status: 'running', generation: 1 },
    openJobs: [],
  });
  expect((await world.store.readServer(server.id))?.server).toMatchObject({ status: 'running', generation: 2 });
});

test('released jobs still run after they were removed, delayed or deleted in BullMQ', {
  timeout: 90_000,
}, async () => {
  const { queue } = world.connection;
  await queue.pause();
  const [removed, putOff, lostKey] = [await world.buy(), await world.buy(), await world.buy()];
  await vi.waitFor(async () => expect((await queue.getJobs(['wait', 'prioritized'])).length).toBe(3), soon);
  await queue.remove(removed.job.id);
  await (await queue.getJob(putOff.job.id))?.remove();
  await queue.add(
    'create',
    { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: putOff.job.id, delay: 86_400_000 },
  );
  await world.connection.redis.del(queue.toKey(lostKey.job.id));
  await queue.resume();
  await allAre(
    world,
    [removed, putOff, lostKey].map(({ server }) => server.id),
    'running',
  );
});
