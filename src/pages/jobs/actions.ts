import type { CommandResult } from '#src/cli/api/bodies.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Action } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';

export const retryJob: Action = {
  path: '/console/jobs/:id/retry',
  route: 'POST /v1/jobs/{id}/retry',
  perform: async ({ params }, call) => {
    const { job, server } = await call<CommandResult>({ params });
    return { message: `The retry is recorded as job ${job.id}.`, next: serverPath(server.id) };
  },
};

export const cancelJob: Action = {
  path: '/console/jobs/:id/cancel',
  route: 'POST /v1/jobs/{id}/cancel',
  perform: async ({ params }, call) => {
    const { job } = await call<CommandResult>({ params });
    const isOver = job.state === 'cancelled';
    return { message: isOver ? `Job ${job.id} is cancelled.` : `Job ${job.id} stops, and removes its new machine.` };
  },
};

/** At most; a page has fewer. */
const mostRetries = 200;

/** One call for each job that the form names. A job that cannot be retried does not stop the others. */
export const retryJobs: Action = {
  path: '/console/jobs/retry',
  route: 'POST /v1/jobs/{id}/retry',
  perform: async ({ field }, call) => {
    const refused: string[] = [];
    const ids = field('ids').split(' ').slice(0, mostRetries);
    for (const id of ids) {
      const retry = call({ params: { id }, idempotencyKey: `${field('key')}-${id}` });
      await retry.catch((error: unknown) => refused.push(problemOf(error).message));
    }
    const done = `${ids.length - refused.length} retries are recorded.`;
    return {
      message: refused.length === 0 ? done : `${done} ${refused.length} were refused, the first: ${refused[0]}`,
    };
  },
};

export const jobActions = [retryJob, cancelJob, retryJobs];
