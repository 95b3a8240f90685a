import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { type Options, pinoHttp } from 'pino-http';
import type { Logger } from '#src/log.ts';
import { requestContext, setContext } from './request-context.ts';

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/;
/** Paths that monitors and the dashboard poll every few seconds; at level info they would fill the log. */
const quiet = /^\/(livez|readyz|metrics|docs\/|admin\/queues\/(api|static)\/)/;

/** Gives every request an id (the caller's `x-request-id` if well formed), returns it, and logs each answer. */
export function logRequests(log: Logger): RequestHandler[] {
  // pino-http passes Node's response, whose type has no `locals`. This map gives the caller's name for it.
  const callers = new WeakMap<object, () => string>();
  return [
    pinoHttp({ ...logOptions((response) => callers.get(response)?.()), logger: log }),
    (request, response, next) => {
      setContext(response, { requestId: String(request.id), caller: 'anyone' });
      callers.set(response, () => requestContext(response).caller);
      next();
    },
  ];
}

function logOptions(callerOf: (response: ServerResponse) => string | undefined): Options {
  const fieldsOf = (response: ServerResponse) => ({ event: 'request-answered', caller: callerOf(response) });
  return {
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId', responseTime: 'durationMs' },
    genReqId: giveId,
    // Headers and bodies are left out: they hold tokens, cookies and customer data.
    serializers: {
      req: ({ method, url }) => ({ method, url: url.split('?')[0] }),
      res: ({ statusCode }) => ({ statusCode }),
    },
    customLogLevel: (request, response, error) => levelOf(request.url ?? '', response.statusCode, error),
    customSuccessObject: (_request, response, fields) => ({ ...fields, ...fieldsOf(response) }),
    customErrorObject: (_request, response, _error, fields) => ({ ...fields, ...fieldsOf(response) }),
    customSuccessMessage: () => 'Answered a request',
    customErrorMessage: () => 'Answered a request with an error',
  };
}

function giveId({ headers }: IncomingMessage, response: ServerResponse): string {
  const given = headers['x-request-id'];
  const id = typeof given === 'string' && wellFormed.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', id);
  return id;
}

function levelOf(url: string, status: number, error: Error | undefined): 'error' | 'warn' | 'info' | 'debug' {
  if (error || status >= 500) return 'error';
  if (quiet.test(url)) return 'debug';
  return status >= 400 ? 'warn' : 'info';
}
