import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import type { RunningWorker } from '#queues/bullmq/queue-worker.ts';
import type { LogFields } from '#queues/ports/log.ts';
import { createWorker, type WorkerDeps } from '#queues/worker.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { quiet } from '../world.ts';
import { useWorkplace, type Workplace } from './workplace.ts';

const soon = { timeout: 15_000, interval: 20 };

/** A queue in a real Redis, and a worker in this process that takes its jobs. */
export interface WorkerScene {
  readonly place: Workplace;
  readonly redis: TestRedis;
  readonly connection: QueueConnection;
  readonly publisher: Publisher;
  /** The ends of runs from the log, as `id kind`. */
  readonly ended: string[];
  /** The worker of this test, made by `create`. */
  worker: RunningWorker | null;
}

/** For each test: an empty queue. The worker drains afterwards, and no test may leave an unhandled rejection. */
export function useWorker(): WorkerScene {
  const scene = { place: useWorkplace(), ended: [] as string[], worker: null } as unknown as WorkerScene;
  const unhandled = vi.fn();
  beforeAll(async () => {
    process.on('unhandledRejection', unhandled);
    const redis = await startTestRedis();
    const connection = openQueue(redis, quiet);
    Object.assign(scene, { redis, connection, publisher: createPublisher(connection, () => new Date()) });
  });
  beforeEach(async () => {
    scene.ended.splice(0);
    scene.place.clock.now = new Date();
    await scene.redis.flush();
  });
  afterEach(async () => {
    await scene.worker?.drain(2_000);
    scene.worker = null;
  });
  afterAll(async () => {
    await scene.connection.close();
    await scene.redis.stop();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
  return scene;
}

/** Creates the worker of this test, which is paused at first. */
export function create(scene: WorkerScene, changes: Partial<WorkerDeps> = {}): RunningWorker {
  const log = {
    ...quiet,
    info: ({ event, jobId, end }: LogFields) => {
      if (event === 'run-ended' && end) scene.ended.push(`${jobId} ${end.kind}`);
    },
  };
  const { place, redis } = scene;
  const deps = { ...place.deps, redisServer: redis, concurrency: 5, now: () => new Date(), log, ...changes };
  scene.worker = createWorker(deps);
  return scene.worker;
}

export async function start(scene: WorkerScene, changes: Partial<WorkerDeps> = {}): Promise<RunningWorker> {
  const created = create(scene, changes);
  await created.resume();
  return created;
}

/** Buys a server, publishes its create, and returns the job's id. */
export async function publishBought({ place, publisher }: WorkerScene): Promise<string> {
  const { job } = await place.bought();
  await publisher.publish(job, 'release');
  return job.id;
}

export async function queued({ connection }: WorkerScene, id: string) {
  return (await connection.queue.getJob(id)) ?? Promise.reject(new Error('The job is gone.'));
}

export function isIn({ connection }: WorkerScene, id: string, state: string): Promise<void> {
  return vi.waitFor(async () => expect(await connection.queue.getJobState(id)).toBe(state), soon);
}

/** The provider's calls of the operation hang from now on; `come` resolves at the first call. */
export function hang({ place }: WorkerScene, operation: 'find' | 'create' | 'account') {
  const [come, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  place.provider.during(operation, () => {
    come.resolve();
    return go.promise;
  });
  return { come: come.promise, go: () => go.resolve() };
}
