import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { QueueAdapterOptions } from '@bull-board/api/typings/app';
import type { Job } from 'bullmq';
import type { JobSubject } from '#db/reads/job-subjects.ts';
import { attemptsBegun } from '#queues/bullmq/attempts.ts';
import type { JobData, QueueConnection } from '#queues/bullmq/connection.ts';
import { shownProgress } from '#queues/bullmq/progress.ts';

/** Reads what jobs are about. Of a job that it does not return, Bull Board shows the ids in Redis. */
export type ReadSubjects = (ids: readonly string[]) => Promise<readonly JobSubject[]>;

interface BoardAdapterOptions extends Partial<QueueAdapterOptions> {
  readonly queue: QueueConnection['queue'];
  readonly readSubjects: ReadSubjects;
}

/**
 * Shows jobs to people: the attempts as the API counts them, the step beside the percentage, and customer, place, plan
 * and reason instead of what only programs need.
 */
export class BoardAdapter extends BullMQAdapter {
  /** A completed job is not run again. */
  override readonly allowCompletedRetries = false;
  readonly #readSubjects: ReadSubjects;

  constructor({ queue, readSubjects, ...options }: BoardAdapterOptions) {
    super(queue, options);
    this.#readSubjects = readSubjects;
    this.setFormatter('progress', (progress) => {
      const shown = shownProgress(progress);
      return shown ? { progress: shown.percent, step: shown.step } : 0;
    });
  }

  override async getJob(id: string): Promise<Job | undefined> {
    const job = await super.getJob(id);
    if (job) await this.#mend([job]);
    return job;
  }

  override async getJobs(...which: Parameters<BullMQAdapter['getJobs']>): Promise<Job[]> {
    const jobs = await super.getJobs(...which);
    await this.#mend(jobs);
    // In its list of all states, Bull Board takes each job with an error for one that has failed.
    const [states] = which;
    if (states.length > 1) for (const job of jobs.filter(isUnfinished)) hideError(job);
    return jobs;
  }

  async #mend(jobs: readonly Job[]): Promise<void> {
    const subjects = await this.#readSubjects(jobs.map(({ id = '' }) => id));
    const byId = new Map(subjects.map((subject) => [subject.id, subject]));
    for (const job of jobs) mend(job, byId.get(job.id ?? ''));
  }
}

/** Bull Board shows what `toJSON` returns. */
function mend(job: Job, subject: JobSubject | undefined): void {
  const toJson = job.toJSON.bind(job);
  const data = dataForPeople(job.data, subject);
  job.toJSON = () => ({ ...toJson(), attemptsMade: attemptsBegun(job), data });
  if (isCompleted(job)) hideError(job);
}

function isUnfinished({ finishedOn }: Job): boolean {
  return finishedOn === undefined;
}

/** Of a completed job, BullMQ keeps the error of an earlier attempt. */
function isCompleted({ finishedOn, returnvalue }: Job): boolean {
  return finishedOn !== undefined && returnvalue !== null && returnvalue !== undefined;
}

function hideError(job: Job): void {
  const toJson = job.toJSON.bind(job);
  job.toJSON = () => ({ ...toJson(), failedReason: '', stacktrace: [] });
}

/** The data in Redis is not trusted to have this shape. */
function dataForPeople(data: Partial<JobData> | null, subject: JobSubject | undefined): object {
  const { serverId, subscriptionId, webhookId, requestId } = data ?? {};
  const ids = { serverId, subscriptionId, webhookId, requestId };
  if (!subject) return ids;
  const { customer, location: place, plan, reference } = subject;
  return { customer, place, plan, reason: reasonOf(subject), reference, ...ids, serverId: subject.serverId };
}

function reasonOf({ reason, retryOf, requestedBy }: JobSubject): string {
  const why = [reason, retryOf && `retry of ${retryOf}`, `asked for by ${requestedBy}`];
  return why.filter((part) => part !== null).join('; ');
}
