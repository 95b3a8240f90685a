import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Problem } from '#src/http/problems/problem.ts';
import { requestContext } from './request-context.ts';

const minuteMs = 60_000;

/** At most so many calls a minute from one address (of IPv6 one /56 network). Counted in this process alone. */
export function limitPerAddress(limit: number): RequestHandler {
  return rateLimit({
    ...common(limit),
    identifier: 'address',
    keyGenerator: addressOf,
    // Whoever watches the service must hear from it, whatever else comes from there.
    skip: ({ path }) => path === '/livez' || path === '/readyz',
    handler: refuse('this address', limit),
  });
}

/** At most so many calls a minute with one token. Counted in this process alone. */
export function limitPerToken(limit: number): RequestHandler {
  return rateLimit({
    ...common(limit),
    identifier: 'token',
    keyGenerator: (_request, response) => requestContext(response).caller,
    handler: refuse('this token', limit),
  });
}

export function addressOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}

function common(limit: number) {
  // Behind a proxy that TRUST_PROXY does not name, X-Forwarded-For is not believed, and that is right.
  const validate = { xForwardedForHeader: false, forwardedHeader: false };
  return { limit, windowMs: minuteMs, legacyHeaders: false, standardHeaders: 'draft-8', validate } as const;
}

function refuse(whose: string, limit: number): RequestHandler {
  return (_request, _response, next) => {
    next(
      new Problem('too-many-requests', `${limit} calls a minute are allowed to ${whose}. Wait as Retry-After says.`),
    );
  };
}
