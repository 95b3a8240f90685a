import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { isOpen } from '#db/model.ts';
import { addressOf } from '#src/http/middleware/rate-limits.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { handled, reply, route } from '#src/http/route.ts';
import { jobParams } from '#src/http/shapes/job.ts';
import { endId, sendJobEvents } from './send-job-events.ts';

const retrySeconds = 10;

const events = route({
  method: 'get',
  path: '/v1/jobs/{id}/events',
  access: 'servers:read',
  forCustomers: 'job',
  summary: 'Follow a job (server-sent events)',
  description:
    'Sends the event `progress` at every change and `end` once; their data is the job as JSON. A client that reconnects with Last-Event-ID gets no event twice. After the end it gets 204.',
  params: jobParams,
  headers: z.object({ 'Last-Event-ID': z.string().max(200).optional() }),
  answers: {
    200: { description: 'The events', body: null, contentType: 'text/event-stream' },
    204: { description: 'The job has ended, and the client has received its last event', body: null },
  },
  problems: ['not-found', 'not-ready'],
  handle: async ({ params: { id }, headers, caller, request, response }, { streams, ...sources }) => {
    const job = await sources.store.readJob(id);
    if (!job) throw new NotFoundError('job', id);
    const lastEventId = headers['Last-Event-ID'] ?? null;
    if (!isOpen(job.state) && lastEventId === endId) return reply(204, null);
    const signal = streams.open(response, { caller, address: addressOf(request) });
    if (typeof signal === 'string') throw tooManyStreams[signal]();
    response.writeHead(200, unbuffered);
    if (request.method !== 'HEAD') await sendJobEvents(sources, { job, lastEventId, response, signal });
    response.end();
    return handled;
  },
});

/** nginx sends each event at once because of the second header; no-transform keeps proxies from compressing them. */
const unbuffered = {
  'Content-Type': 'text/event-stream',
  'X-Accel-Buffering': 'no',
  'Cache-Control': 'no-store, no-transform',
};

const again = `Close some, or try again in ${retrySeconds} seconds.`;
const options = { headers: retryAfter(retrySeconds) };
const tooManyStreams = {
  total: () => new Problem('not-ready', `Too many event streams are open. ${again}`, options),
  share: () => {
    const detail = `Too many event streams are open with this token, or from this address. ${again}`;
    return new Problem('too-many-requests', detail, options);
  },
};

export const jobEventRoutes = [events];
