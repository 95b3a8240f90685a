import type { CommandResult, Job, PageOf } from '#src/cli/api/bodies.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Action, CallRoute } from '#src/pages/page.ts';
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

/** Of one click. The next one goes on with those that are left. */
export const mostRetries = 200;
/** More reasons would not fit into the message. */
const mostReasons = 3;

/**
 * Retries the failed jobs that fit the filter of the form and are worth a retry, the newest first. A job that cannot be
 * retried does not stop the others. A form that is sent again retries no others, and nothing that has failed since.
 */
export const retryJobs: Action = {
  path: '/console/jobs/retry',
  route: 'POST /v1/jobs/{id}/retry',
  perform: async ({ field }, call, api) => {
    const query = { retriable: 'true', kind: field('kind'), server: field('server'), limit: String(mostRetries) };
    const { items, nextCursor } = await api.call<PageOf<Job>>('GET /v1/jobs', { query });
    const ids = items.map(({ id }) => id);
    const refused = await retryEach(ids, field('key'), call);
    return { message: refused ? sentences(ids.length, refused, nextCursor !== null) : sentBefore };
  },
};

const sentBefore = 'This form was sent before, so it retries nothing more. Use the one on this page to go on.';

/**
 * The first job that is retried gets the key of the form, so that the API refuses the key for any other one. Returns why
 * jobs were refused; null: the form was sent before.
 */
async function retryEach(ids: readonly string[], key: string, call: CallRoute): Promise<string[] | null> {
  const refused: string[] = [];
  for (const [index, id] of ids.entries()) {
    const isFirst = refused.length === index;
    try {
      await call({ params: { id }, ...(!isFirst && { idempotencyKey: `${key}-${id}` }) });
    } catch (error) {
      const { kind, message } = problemOf(error);
      if (kind === 'key-reused') return null;
      refused.push(message);
    }
  }
  return refused;
}

function sentences(asked: number, refused: readonly string[], hasMore: boolean): string {
  if (asked === 0) return 'No failed job that fits the filter is worth a retry.';
  const reasons = [...new Set(refused)].slice(0, mostReasons).join(' ');
  return [
    `${asked - refused.length} retries are recorded.`,
    ...(refused.length > 0 ? [`${refused.length} were refused: ${reasons}`] : []),
    ...(hasMore ? ['More jobs fit the filter: retry again to go on.'] : []),
  ].join(' ');
}

export const jobActions = [retryJob, cancelJob, retryJobs];
