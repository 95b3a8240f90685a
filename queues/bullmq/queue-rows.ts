import type { JobsOptions } from 'bullmq';
import type { ReleasedJob } from '#db/reads/due.ts';
import type { DueLook } from '#db/reads/due-looks.ts';
import type { DueDelivery } from '#db/reads/news.ts';
import { attemptsOf, keptCompletedJobs, keptFailedJobs } from '#queues/limits.ts';
import type { JobData } from './connection.ts';
import { priorityOf } from './priority.ts';

/** A row that its queue must hold until it is closed. */
export interface RowOfQueue {
  readonly id: string;
  readonly kind: string;
  readonly requestId: string | null;
  readonly createdAt: Date;
  readonly dueAt: Date | null;
  readonly releasedAt: Date | null;
}

/** What publisher and sweeper have to know of the rows of one queue. */
export interface QueueRows<Row extends RowOfQueue> {
  /** For people who look at Bull Board. */
  readonly subjectOf: (row: Row) => Pick<JobData, 'serverId' | 'subscriptionId' | 'webhookId'>;
  /** `delay` is in ms. */
  readonly optionsFor: (row: Row, delay: number) => JobsOptions;
}

/** The jobs of the queue servers. */
export const serverRows: QueueRows<ReleasedJob> = {
  subjectOf: ({ serverId }) => ({ serverId }),
  optionsFor: (job, delay) => ({
    ...optionsOf(job.id, { delay, attempts: attemptsOf[job.kind] }),
    priority: priorityOf(job),
  }),
};

/** The notices and looks of the queue payments. They are tried for ever: money was paid. */
export const paymentRows: QueueRows<DueLook> = {
  subjectOf: ({ subscriptionId }) => ({ subscriptionId }),
  optionsFor: ({ id }, delay) => optionsOf(id, { delay, attempts: Number.MAX_SAFE_INTEGER }),
};

/** The deliveries of the queue news. Their attempts are counted in their rows. */
export const newsRows: QueueRows<DueDelivery> = {
  subjectOf: ({ endpointId }) => ({ webhookId: endpointId }),
  optionsFor: ({ id }, delay) => optionsOf(id, { delay, attempts: Number.MAX_SAFE_INTEGER }),
};

function optionsOf(jobId: string, { delay, attempts }: { readonly delay: number; readonly attempts: number }) {
  return {
    jobId,
    delay,
    attempts,
    backoff: { type: 'exponential-jitter' },
    removeOnComplete: { count: keptCompletedJobs },
    removeOnFail: { count: keptFailedJobs },
    keepLogs: 200,
    // The message is enough here; stacks belong in the workers' logs.
    stackTraceLimit: 0,
  };
}
