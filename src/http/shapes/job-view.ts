import type { z } from 'zod';
import type { Job } from '#db/tables.ts';
import type { Services } from '#src/http/services/services.ts';
import { type jobShape, showJob } from './job.ts';

type Sources = Pick<Services, 'store' | 'live'>;

/** The API's view of a job: its row, the job that it waits for and, while it is released, its state in the queue. */
export async function viewJob({ store, live }: Sources, job: Job): Promise<z.output<typeof jobShape>> {
  const front = job.state === 'waiting' ? await store.readJobInFront(job) : null;
  const current = job.state === 'released' ? await live.job(job.id) : null;
  return showJob(job, front?.id ?? null, current);
}

export function viewJobs(sources: Sources, jobs: readonly Job[]): Promise<z.output<typeof jobShape>[]> {
  return Promise.all(jobs.map((job) => viewJob(sources, job)));
}
