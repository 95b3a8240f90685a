import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { withoutSecrets } from '#src/keys/secret.ts';
import type { Logger } from '#src/log.ts';
import type { ApiMetrics } from '#src/metrics/api.ts';
import { requestContext, setContext } from './request-context.ts';

interface Answer {
  readonly method: string;
  readonly url: string;
  readonly response: Response;
  readonly seconds: number;
  /** Why the answer could not be written. */
  readonly failure: Error | null;
}

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/;
/** Paths that monitors and the dashboard poll every few seconds; at level info they would fill the log. */
const quiet = /^\/(livez|readyz|metrics|docs\/|admin\/queues\/(api|static)\/)/;

/**
 * Gives every request an id (the caller's `x-request-id` if well formed), returns it, and passes each answer to the log
 * and the metrics. A refused request is logged with the reason. No headers and bodies are logged: they hold tokens,
 * cookies and customer data.
 */
export function observeRequests(log: Logger, took: ApiMetrics['requestTook']): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    // Read now: Express changes `url` later.
    const { method, url } = request;
    setContext(response, { requestId: giveId(request, response), caller: 'anyone', key: null });
    let failure: Error | null = null;
    response.on('error', (error: Error) => {
      failure = error;
    });
    response.once('close', () => {
      const answer = { method, url, response, seconds: (performance.now() - startedAt) / 1000, failure };
      logAnswer(log, answer);
      measureAnswer(took, answer);
    });
    next();
  };
}

function giveId({ headers }: Request, response: Response): string {
  const given = headers['x-request-id'];
  const isUsable = typeof given === 'string' && wellFormed.test(given) && withoutSecrets(given) === given;
  const id = isUsable ? given : randomUUID();
  response.setHeader('x-request-id', id);
  return id;
}

function logAnswer(log: Logger, { method, url, response, seconds, failure }: Answer): void {
  const { statusCode } = response;
  const { requestId, caller, problem, pointer } = requestContext(response);
  const fields = {
    event: 'request-answered',
    requestId,
    req: { method, url },
    res: { statusCode },
    durationMs: Math.round(seconds * 1000),
    caller,
    problem,
    pointer,
  };
  if (failure) log.error({ ...fields, err: failure }, 'Answered a request with an error');
  else log[levelOf(url, statusCode)](fields, 'Answered a request');
}

function levelOf(url: string, status: number): 'error' | 'warn' | 'info' | 'debug' {
  if (status >= 500) return 'error';
  if (quiet.test(url)) return 'debug';
  return status >= 400 ? 'warn' : 'info';
}

/** Leaves out event streams. The label is the documented path, which has few values. */
function measureAnswer(took: ApiMetrics['requestTook'], { method, response, seconds }: Answer): void {
  if (!response.writableFinished || String(response.getHeader('content-type')).startsWith('text/event-stream')) return;
  const { route = 'other' } = requestContext(response);
  took({ method, route, status: response.statusCode }, seconds);
}
