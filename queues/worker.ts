import { queueName } from './bullmq/connection.ts';
import { createQueueWorker, type QueueWorkerDeps, type RunningWorker } from './bullmq/queue-worker.ts';
import type { PerformDeps } from './run/context.ts';
import { perform } from './run/perform.ts';

export interface WorkerDeps extends PerformDeps, Pick<QueueWorkerDeps, 'redisServer' | 'concurrency' | 'log'> {}

/** Creates a worker of the servers' jobs that takes no job before the first `resume`. */
export function createWorker(deps: WorkerDeps): RunningWorker {
  const { redisServer, concurrency, log, now } = deps;
  return createQueueWorker({
    redisServer,
    queue: queueName,
    concurrency,
    perform: (run) => perform(run, deps),
    now,
    log,
  });
}
