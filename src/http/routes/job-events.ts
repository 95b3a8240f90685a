import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { z } from 'zod';
import { DatabaseBusyError, NotFoundError } from '#db/errors.ts';
import { isOpen } from '#db/model.ts';
import type { Job } from '#db/tables.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { handled, reply, route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { jobParams, type jobShape } from '#src/http/shapes/job.ts';
import { viewJob } from '#src/http/shapes/job-view.ts';

const lookEveryMs = 500;
const heartbeatMs = 15_000;
/** A client that does not read is let go; it can come back with its Last-Event-ID. */
const mostUnsentBytes = 64 * 1024;
const endId = 'end';

type JobView = z.output<typeof jobShape>;
type Sources = Pick<Services, 'store' | 'live' | 'log'>;

const events = route({
  method: 'get',
  path: '/v1/jobs/{id}/events',
  access: 'reader',
  summary: 'Follow a job as it happens (server-sent events)',
  description:
    'Events `progress` (whenever something changed) and `end`; their data is the job as JSON. A client that comes back with Last-Event-ID gets nothing twice, and 204 once it has seen the end.',
  params: jobParams,
  headers: z.object({ 'Last-Event-ID': z.string().max(200).optional() }),
  answers: {
    200: { description: 'The events', body: null, contentType: 'text/event-stream' },
    204: { description: 'The client has seen the end of this job', body: null },
  },
  problems: ['not-found', 'not-ready'],
  handle: async ({ params: { id }, headers, request, response }, { streams, ...sources }) => {
    const job = await sources.store.readJob(id);
    if (!job) throw new NotFoundError('job', id);
    const seen = headers['Last-Event-ID'] ?? null;
    if (!isOpen(job.state) && seen === endId) return reply(204, null);
    const signal = streams.open(response);
    if (!signal) throw new Problem('not-ready', 'Too many event streams are open.', { headers: retryAfter(10) });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    if (request.method !== 'HEAD') await follow(sources, { job, seen, response, signal });
    response.end();
    return handled;
  },
});

interface Following {
  readonly job: Job;
  /** The id of the last event that the client has. */
  readonly seen: string | null;
  readonly response: Response;
  readonly signal: AbortSignal;
}

async function follow(sources: Sources, { job, seen, response, signal }: Following): Promise<void> {
  response.write(`retry: 2000\n\n`);
  let [current, sent, wroteAt] = [job, seen, performance.now()];
  while (!signal.aborted && response.writableLength < mostUnsentBytes) {
    const view = await viewJob(sources, current);
    if (!isOpen(view.state)) return void response.write(event('end', endId, view));
    const id = eventId(view);
    // Without progress the queue did not answer (yet); what was told before still stands.
    const news = id !== sent && !(view.state === 'released' && view.progress === null && sent !== null);
    if (news || performance.now() - wroteAt > heartbeatMs) {
      response.write(news ? event('progress', id, view) : ': still here\n\n');
      wroteAt = performance.now();
    }
    if (news) sent = id;
    await pause(lookEveryMs, signal);
    current = (await lookAgain(sources, current.id)) ?? current;
  }
}

async function lookAgain({ store, log }: Sources, id: string): Promise<Job | null> {
  try {
    return await store.readJob(id);
  } catch (error) {
    if (!(error instanceof DatabaseBusyError)) throw error;
    log.debug({ jobId: id }, 'The database is busy; the stream looks again');
    return null;
  }
}

/** The same for the same content, so that it also tells a client that comes back whether it has missed something. */
function eventId({ state, attempts, progress, error, waitsFor }: JobView): string {
  const content = JSON.stringify([state, attempts, progress, error, waitsFor]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 16);
}

function event(name: 'progress' | 'end', id: string, job: JobView): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(job)}\n\n`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  signal.addEventListener('abort', wake, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
  });
}

export const jobEventRoutes = [events];
