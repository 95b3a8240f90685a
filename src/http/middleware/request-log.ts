import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import type { Logger } from '#src/log.ts';
import { requestContext, setContext } from './request-context.ts';

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/;
/** Asked every few seconds by machines; they would drown the rest. */
const quiet = /^\/(livez|readyz|metrics|docs\/|admin\/queues\/(api|static)\/)/;

/** Gives every request its id (the caller's `x-request-id` if well formed), returns it, and logs the answer. */
export function logRequests(log: Logger): RequestHandler[] {
  // pino-http knows Node's responses, and not what Express keeps with them.
  const callers = new WeakMap<object, () => string>();
  const logger = pinoHttp({
    logger: log,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId', responseTime: 'durationMs' },
    genReqId: (request, response) => {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && wellFormed.test(given) ? given : randomUUID();
      response.setHeader('x-request-id', id);
      return id;
    },
    // Headers and bodies stay out: they hold tokens, cookies, and customers.
    serializers: {
      req: ({ method, url }) => ({ method, url: url.split('?')[0] }),
      res: ({ statusCode }) => ({ statusCode }),
    },
    customLogLevel: (request, response, error) => levelOf(request.url ?? '', response.statusCode, error),
    customProps: (_request, response) => ({ caller: callers.get(response)?.() }),
    customSuccessMessage: () => 'Answered',
    customErrorMessage: () => 'Answered with an error',
  });
  return [
    logger,
    (request, response, next) => {
      setContext(response, { requestId: String(request.id), caller: 'anyone' });
      callers.set(response, () => requestContext(response).caller);
      next();
    },
  ];
}

function levelOf(url: string, status: number, error: Error | undefined): 'error' | 'warn' | 'info' | 'debug' {
  if (error || status >= 500) return 'error';
  if (quiet.test(url)) return 'debug';
  return status >= 400 ? 'warn' : 'info';
}
