import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { jobKinds } from '#db/model.ts';
import type { JobFilter } from '#db/reads/jobs.ts';
import type { LiveJob } from '#queues/bullmq/live.ts';
import { switchPercent } from '#queues/jobs/steps/dns-name.ts';
import { accepted, actorOf, commandOf, keyAccepted } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { type CommandResultView, commandAccepted, showCommandResult } from '#src/http/shapes/command-result.ts';
import { id } from '#src/http/shapes/fields.ts';
import { jobParams, jobShape, shownStates } from '#src/http/shapes/job.ts';
import { viewJob, viewJobs } from '#src/http/shapes/job-view.ts';
import { idKey, page, pageQuery, readPage } from '#src/http/shapes/paging.ts';

const askedState = z.enum([...shownStates, 'released']).meta({
  description: '`released` is the same as queued or running; it was the name of both until they were told apart.',
});

const list = route({
  method: 'get',
  path: '/v1/jobs',
  access: 'servers:read',
  forCustomers: 'filtered',
  summary: 'List jobs, newest first',
  description: 'While Redis does not answer, the jobs that run are listed as queued.',
  query: z.strictObject({
    server: id.optional(),
    state: askedState.optional(),
    kind: z.enum(jobKinds).optional(),
    retriable: z.enum(['true', 'false']).optional().meta({
      description:
        'true: only failed jobs that are worth a retry. Each is the last of its kind of its server, whose status allows it; `state` has no effect.',
    }),
    ...pageQuery,
  }),
  answers: { 200: { description: 'A page of jobs', body: page(jobShape) } },
  handle: async ({ query: { limit, cursor, server: serverId, state, kind, retriable }, owner }, services) => {
    const { store, live } = services;
    const about = { serverId, owner, kind };
    const filter = { ...about, ...(await recordedStates(state, live)) };
    const { rows, nextCursor } = await readPage(
      { limit, cursor },
      {
        name: 'jobs',
        key: idKey,
        read: (after, limit) =>
          retriable === 'true'
            ? store.readRetriable({ ...about, after, limit })
            : store.readJobs({ ...filter, after, limit }),
        keyOf: ({ id }) => id,
      },
    );
    return reply(200, { items: await viewJobs({ store, live }, rows), nextCursor });
  },
});

/** The rows have the state, except whether a released job runs: only the queue has that. */
async function recordedStates(
  state: z.output<typeof askedState> | undefined,
  live: Pick<Services['live'], 'running'>,
): Promise<Pick<JobFilter, 'state' | 'among' | 'except'>> {
  if (state === 'running') return { state: 'released', among: (await live.running()) ?? [] };
  if (state === 'queued') return { state: 'released', except: (await live.running()) ?? [] };
  return { state };
}

const show = route({
  method: 'get',
  path: '/v1/jobs/{id}',
  access: 'servers:read',
  forCustomers: 'job',
  summary: 'Show a job with its progress, attempts and last error',
  params: jobParams,
  answers: { 200: { description: 'The job', body: jobShape } },
  problems: ['not-found'],
  handle: async ({ params: { id } }, { store, live }) => {
    const job = await store.readJob(id);
    if (!job) throw new NotFoundError('job', id);
    return reply(200, await viewJob({ store, live }, job));
  },
});

export const logShape = z
  .object({ lines: z.array(z.string()).nullable().meta({ description: 'null: Redis does not answer.' }) })
  .meta({ id: 'JobLog' });

const log = route({
  method: 'get',
  path: '/v1/jobs/{id}/log',
  access: 'board:read',
  summary: 'Show the last 100 lines of the log of a job',
  description:
    'What the workers wrote about its runs, oldest first. Redis keeps it for some time after the end of the job.',
  params: jobParams,
  answers: { 200: { description: 'The lines', body: logShape } },
  problems: ['not-found'],
  handle: async ({ params: { id } }, { store, live }) => {
    if (!(await store.readJob(id))) throw new NotFoundError('job', id);
    const lines = await live.log(id);
    return reply(200, { lines: lines && [...lines] });
  },
});

const retry = route({
  method: 'post',
  path: '/v1/jobs/{id}/retry',
  access: 'jobs:write',
  forCustomers: 'job',
  summary: 'Retry a failed job',
  description:
    'Records a new job, which runs after the server’s other open jobs. Rejected with 409 if the server’s status does not allow it.',
  params: jobParams,
  headers: keyAccepted,
  answers: { 202: commandAccepted },
  problems: ['not-found', 'not-allowed-now', 'key-reused', 'database-busy', 'disk-full'],
  handle: async (call, { producer, now }) => {
    const command = commandOf(call, showCommandResult);
    return accepted<CommandResultView>(await producer.retry(call.params.id, actorOf(call, now()), command));
  },
});

const cancel = route({
  method: 'post',
  path: '/v1/jobs/{id}/cancel',
  access: 'servers:write',
  forCustomers: 'job',
  summary: 'Cancel a rebuild',
  description:
    'A rebuild that waits is cancelled at once. One that runs stops at its next change: it removes its new machine, the old one goes on serving, and the job ends as cancelled. Once the server’s name is moving to the new machine, the call is rejected with 409. A cancel that comes just then is too late, and the rebuild succeeds. Any other job is rejected with 409. To give up a server, destroy it.',
  params: jobParams,
  headers: keyAccepted,
  answers: { 202: commandAccepted },
  problems: ['not-found', 'not-allowed-now', 'key-reused', 'database-busy', 'disk-full'],
  handle: async (call, { producer, live, now }) => {
    const { id: jobId } = call.params;
    const command = commandOf(call, showCommandResult);
    const isPastSwitch = hasBegunSwitch(await live.job(jobId));
    return accepted<CommandResultView>(await producer.cancel({ jobId, isPastSwitch }, actorOf(call, now()), command));
  },
});

/** A job that waits for the DNS has not moved the name, so it can still be cancelled. */
function hasBegunSwitch(job: LiveJob | null): boolean {
  return job?.running === true && (job.progress?.percent ?? 0) >= switchPercent;
}

export const jobRoutes = [list, show, log, retry, cancel];
