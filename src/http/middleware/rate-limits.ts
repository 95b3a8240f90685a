import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { requestContext } from './request-context.ts';

const windowMs = 60_000;
/**
 * Health checks must succeed even if other clients at the same address reach the limit. Stripe's webhooks have a limit
 * of their own, which counts only what is not Stripe's.
 */
const unlimited = /^\/(livez|readyz|v1\/stripe\/webhook)\/?$/;

/** Limits the requests per minute from one IPv4 address or one IPv6 /56 network. Each process counts for itself. */
export function limitPerAddress(limit: number): RequestHandler {
  const limitAddress = limitPerMinute({ name: 'address', limit, keyOf: addressOf });
  return (request, response, next) => (unlimited.test(request.path) ? next() : limitAddress(request, response, next));
}

/** Limits the requests per minute with one token. Each process counts for itself. */
export function limitPerToken(limit: number): RequestHandler {
  return limitPerMinute({ name: 'token', limit, keyOf: (_request, response) => requestContext(response).caller });
}

/** Counts what an address does wrong. */
export interface FailureLimit {
  /** Throws a Problem if the address has failed too often within a minute. */
  assertBelow(request: Request): Promise<void>;
  count(request: Request): Promise<void>;
}

/** Limits the failures per minute of one IPv4 address or one IPv6 /56 network. Each process counts for itself. */
export function limitFailures(limit: number): FailureLimit {
  const store = new MemoryStore();
  // Starts the store.
  rateLimit({ windowMs, store });
  const detail = `More than ${limit} requests of this address failed within a minute. Wait for the seconds in Retry-After.`;
  return {
    assertBelow: async (request) => {
      const failed = await store.get(addressOf(request));
      if (failed === undefined || failed.totalHits < limit) return;
      throw new Problem('too-many-requests', detail, { headers: retryAfter(secondsUntil(failed.resetTime)) });
    },
    count: async (request) => void (await store.increment(addressOf(request))),
  };
}

function secondsUntil(time: Date | undefined): number {
  return time ? Math.max(0, Math.ceil((time.getTime() - Date.now()) / 1000)) : windowMs / 1000;
}

export function addressOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}

interface LimitOptions {
  /** What is limited, in the headers and in the problem. */
  readonly name: string;
  readonly limit: number;
  readonly keyOf: (request: Request, response: Response) => string;
}

/**
 * Counts in the library's store, and tells the client in the headers of IETF draft 8 what is left. The library's own
 * middleware also hashes the key for each answer and awaits five times; every request passes two limits.
 */
function limitPerMinute({ name, limit, keyOf }: LimitOptions): RequestHandler {
  const store = new MemoryStore();
  // Starts the store.
  rateLimit({ windowMs, store });
  const policy = `"${name}"; q=${limit}; w=${windowMs / 1000}`;
  const detail = `The limit of ${limit} requests per minute for this ${name} is reached. Wait for the seconds in Retry-After.`;
  return async (request, response, next) => {
    const { totalHits, resetTime } = await store.increment(keyOf(request, response));
    const seconds = secondsUntil(resetTime);
    addToHeader(response, 'RateLimit-Policy', policy);
    addToHeader(response, 'RateLimit', `"${name}"; r=${Math.max(0, limit - totalHits)}; t=${seconds}`);
    if (totalHits > limit) throw new Problem('too-many-requests', detail, { headers: retryAfter(seconds) });
    next();
  };
}

/** Both limits of a request are members of one list. */
function addToHeader(response: Response, name: string, member: string): void {
  const before = response.getHeader(name);
  response.setHeader(name, before === undefined ? member : `${String(before)}, ${member}`);
}
