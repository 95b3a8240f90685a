import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Container } from './container.ts';
import type { Installation } from './installation.ts';

const askActive =
  "fetch('http://127.0.0.1:3001/readyz').then((answer) => answer.json()).then(({ active }) => console.log(active))";
const busyWithinMs = 30_000;

/** The number of completed jobs in each worker's log, in the order of the containers. */
export async function completedByEach({ containers, docker }: Installation): Promise<number[]> {
  const logs = await Promise.all((await containers('worker')).map(({ Id }) => docker('logs', Id)));
  return logs.map((log) => log.split('\n').filter(isCompletedRun).length);
}

const runEnded = z.object({ event: z.literal('run-ended'), end: z.object({ kind: z.literal('completed') }) });

function isCompletedRun(line: string): boolean {
  // A container may also print lines that are not log entries.
  return line.startsWith('{') && runEnded.safeParse(JSON.parse(line)).success;
}

/** The worker with the most active jobs, and their number. Waits until a worker has a job. */
export async function busiestWorker(
  { containers, docker }: Installation,
  signal: AbortSignal,
): Promise<{ worker: Container; active: number }> {
  const workers = await containers('worker');
  const giveUpAt = performance.now() + busyWithinMs;
  for (;;) {
    const asked = workers.map(async (worker) => ({
      worker,
      active: Number(await docker('exec', worker.Id, 'node', '-e', askActive)),
    }));
    const [busiest] = (await Promise.all(asked)).sort((a, b) => b.active - a.active);
    if (busiest && busiest.active > 0) return busiest;
    assert.ok(performance.now() < giveUpAt, 'No worker took a job within 30 s.');
    await delay(200, undefined, { signal });
  }
}
