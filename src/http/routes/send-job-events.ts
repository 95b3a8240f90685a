import { createHash } from 'node:crypto';
import type { Response } from 'express';
import type { z } from 'zod';
import { DatabaseBusyError } from '#db/errors.ts';
import { isOpen } from '#db/model.ts';
import type { Job } from '#db/tables.ts';
import type { Services } from '#src/http/services/services.ts';
import type { jobShape } from '#src/http/shapes/job.ts';
import { viewJob } from '#src/http/shapes/job-view.ts';

/** The id of the event `end`, the last one of every stream. */
export const endId = 'end';

const pollMs = 500;
const heartbeatMs = 15_000;
/** The backlog at which a client that does not read is disconnected. It can reconnect with its Last-Event-ID. */
const maxUnsentBytes = 64 * 1024;
/** How long a browser waits before it reconnects. */
const reconnectMs = 2_000;

type JobView = z.output<typeof jobShape>;
type Sources = Pick<Services, 'store' | 'live' | 'log'>;

interface Stream {
  readonly job: Job;
  /** The id of the client's last event; null on its first connection. */
  readonly lastEventId: string | null;
  readonly response: Response;
  readonly signal: AbortSignal;
}

/** Writes the job's events to the response until the job ends, the signal aborts, or the client stops reading. */
export async function sendJobEvents(sources: Sources, { job, lastEventId, response, signal }: Stream): Promise<void> {
  response.write(`retry: ${reconnectMs}\n\n`);
  let [current, sentId, wroteAt] = [job, lastEventId, performance.now()];
  while (!signal.aborted && response.writableLength < maxUnsentBytes) {
    const view = await viewJob(sources, current);
    if (!isOpen(current.state)) return void response.write(eventText('end', endId, view));
    const id = eventId(view);
    const isNew = id !== sentId && !lacksProgress(view, sentId);
    if (isNew || performance.now() - wroteAt > heartbeatMs) {
      response.write(isNew ? eventText('progress', id, view) : ': heartbeat\n\n');
      wroteAt = performance.now();
    }
    if (isNew) sentId = id;
    await pause(pollMs, signal);
    current = (await readAgain(sources, current.id)) ?? current;
  }
}

/** True if the queue has not answered, so that the event sent before is still the latest known state. */
function lacksProgress({ state, progress }: JobView, sentId: string | null): boolean {
  return state === 'queued' && progress === null && sentId !== null;
}

async function readAgain({ store, log }: Sources, id: string): Promise<Job | null> {
  try {
    return await store.readJob(id);
  } catch (error) {
    if (!(error instanceof DatabaseBusyError)) throw error;
    log.debug({ event: 'job-stream-delayed', jobId: id }, 'The database is busy: the event stream polls again later');
    return null;
  }
}

/** A hash of the content. The id from a reconnecting client shows whether it has missed a change. */
function eventId({ state, attempts, progress, error, waitsFor }: JobView): string {
  const content = JSON.stringify([state, attempts, progress, error, waitsFor]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 16);
}

function eventText(name: 'progress' | 'end', id: string, job: JobView): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(job)}\n\n`;
}

/** Resolves after `ms`, or at once when the signal aborts. */
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
