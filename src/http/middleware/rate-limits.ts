import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Problem } from '#src/http/problems/problem.ts';
import { requestContext } from './request-context.ts';

const minuteMs = 60_000;

/** Limits the requests per minute from one IPv4 address or one IPv6 /56 network. Each process counts for itself. */
export function limitPerAddress(limit: number): RequestHandler {
  return rateLimit({
    ...common(limit),
    identifier: 'address',
    keyGenerator: addressOf,
    // Health checks must succeed even if other clients at the same address reach the limit.
    skip: ({ path }) => path === '/livez' || path === '/readyz',
    handler: rejectAbove('this address', limit),
  });
}

/** Limits the requests per minute with one token. Each process counts for itself. */
export function limitPerToken(limit: number): RequestHandler {
  return rateLimit({
    ...common(limit),
    identifier: 'token',
    keyGenerator: (_request, response) => requestContext(response).caller,
    handler: rejectAbove('this token', limit),
  });
}

export function addressOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}

function common(limit: number) {
  // X-Forwarded-For from a proxy that TRUST_PROXY does not name is ignored on purpose; do not warn about it.
  const validate = { xForwardedForHeader: false, forwardedHeader: false };
  return { limit, windowMs: minuteMs, legacyHeaders: false, standardHeaders: 'draft-8', validate } as const;
}

function rejectAbove(client: string, limit: number): RequestHandler {
  const detail = `The limit of ${limit} requests per minute for ${client} is reached. Wait for the seconds in Retry-After.`;
  return (_request, _response, next) => next(new Problem('too-many-requests', detail));
}
