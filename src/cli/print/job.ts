import type { Job } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

export function jobPage({ id, serverId, kind, state, attempts, progress, error, ...job }: Job): Page {
  return [
    fieldsOf({
      job: id,
      server: serverId,
      kind,
      state,
      step: progress && `${progress.step} (${progress.percent} %)`,
      attempts,
      error,
      location: job.location,
      'waits for': job.waitsFor,
      'retry of': job.retryOf,
      created: localTime(job.createdAt),
      finished: localTime(job.finishedAt),
    }),
  ];
}

export function jobsPage(jobs: readonly Job[]): Page {
  return tableOf(jobs, {
    job: ({ id }) => id,
    server: ({ serverId }) => serverId,
    kind: ({ kind }) => kind,
    state: ({ state }) => state,
    attempts: ({ attempts }) => attempts,
    created: ({ createdAt }) => localTime(createdAt),
    'step or error': ({ error, progress }) => error ?? progress?.step,
  });
}
