import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { clientAddress } from './client-address.ts';
import { requestContext } from './request-context.ts';

const windowMs = 60_000;

export interface CallLimits {
  readonly perToken: number;
  readonly perAddress: number;
  /** The paths whose calls are neither limited nor counted. */
  readonly unlimited: readonly string[];
}

/**
 * Limits the requests per minute with one token; without a valid one, from one IPv4 address or one IPv6 /56 network. So
 * callers without a token take nothing from those with one, also behind the address of one office. Each process counts
 * for itself.
 */
export function limitCalls({ perToken, perAddress, unlimited }: CallLimits): RequestHandler {
  const limitToken = limitPerMinute({ name: 'token', limit: perToken, keyOf: (_, response) => callerOf(response) });
  const limitAddress = limitPerMinute({ name: 'address', limit: perAddress, keyOf: addressOf });
  return (request, response, next) => {
    if (unlimited.includes(request.path.replace(/\/$/, ''))) return next();
    const limit = requestContext(response).key ? limitToken : limitAddress;
    return limit(request, response, next);
  };
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

function callerOf(response: Response): string {
  return requestContext(response).key?.name ?? '';
}

/** What counts as one address: an IPv4 address or an IPv6 /56 network. */
export function addressOf(request: Request): string {
  return ipKeyGenerator(clientAddress(request));
}

interface LimitOptions {
  /** What is limited, in the headers and in the problem. */
  readonly name: string;
  readonly limit: number;
  readonly keyOf: (request: Request, response: Response) => string;
}

/**
 * Counts in the library's store, and tells the client in the headers of IETF draft 8 what is left. The library's own
 * middleware also hashes the key for each answer and awaits five times; every request passes a limit.
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
    response.setHeader('RateLimit-Policy', policy);
    response.setHeader('RateLimit', `"${name}"; r=${Math.max(0, limit - totalHits)}; t=${seconds}`);
    if (totalHits > limit) throw new Problem('too-many-requests', detail, { headers: retryAfter(seconds) });
    next();
  };
}
