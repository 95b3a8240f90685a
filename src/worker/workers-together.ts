import type { RunningWorker } from '#queues/bullmq/queue-worker.ts';

/** Several workers of a process as one. */
export function workersTogether(workers: readonly RunningWorker[]): RunningWorker {
  const each = async (act: (worker: RunningWorker) => Promise<void>) => void (await Promise.all(workers.map(act)));
  return {
    active: () => workers.reduce((sum, worker) => sum + worker.active(), 0),
    pause: () => each((worker) => worker.pause()),
    resume: () => each((worker) => worker.resume()),
    drain: (graceMs) => each((worker) => worker.drain(graceMs)),
  };
}
