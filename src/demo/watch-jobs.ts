import { setTimeout as delay } from 'node:timers/promises';
import type { ShopJob } from '#src/start/storefront.ts';
import type { Row } from '#src/terminal/display.ts';
import type { Stage } from './stage.ts';

const pollEveryMs = 200;
const timeoutMs = 60_000;
const open = ['waiting', 'queued', 'running'];
/** A provider's id. Its first eight digits are enough to recognise it. */
const longId = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** Shows the jobs until all have succeeded. Throws if one ends otherwise, or after a minute. */
export async function watchJobs({ shop, display, signal }: Stage, ids: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  const customers = new Map((await shop.servers(50)).map(({ id, customer }) => [id, customer.replace(/@.*$/, '')]));
  for (;;) {
    const all = new Map((await shop.jobs(50)).map((job) => [job.id, job]));
    const jobs = ids.flatMap((id) => all.get(id) ?? []);
    if (signal.aborted) return;
    display.show(jobs.map((job) => rowOf(job, customers.get(job.serverId) ?? job.serverId)));
    if (jobs.length === ids.length && jobs.every(({ state }) => state === 'succeeded')) return display.release();
    const ended = jobs.find(({ state }) => !open.includes(state) && state !== 'succeeded');
    if (ended)
      throw new Error(`the ${ended.kind} of ${ended.serverId} ${ended.state}: ${ended.error ?? 'no error recorded'}`);
    if (performance.now() > giveUpAt) throw new Error(`not all jobs were done after ${timeoutMs / 1000} s.`);
    await delay(pollEveryMs);
  }
}

function rowOf({ id, kind, state, progress, createdAt, finishedAt, error }: ShopJob, customer: string): Row {
  const seconds = ((finishedAt?.getTime() ?? Date.now()) - createdAt.getTime()) / 1000;
  const isDone = state === 'succeeded';
  const step = open.includes(state) ? (progress?.step ?? waitingStep(kind)) : state;
  return {
    id,
    what: `${kind.padEnd(8)}${customer.padEnd(8)}`,
    percent: isDone ? 100 : (progress?.percent ?? 0),
    step: (error && !isDone ? error : step).replaceAll(longId, '$1'),
    seconds,
    isDone,
  };
}

function waitingStep(kind: string): string {
  return kind === 'retire' ? 'Waits for the end of the grace period' : 'Waits for a worker';
}
