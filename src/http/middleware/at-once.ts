import type { Request } from 'express';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { addressOf } from './rate-limits.ts';

export interface AtOnceLimits {
  readonly total: number;
  /** The share of one IPv4 address or IPv6 /56 network. */
  readonly share: number;
}

/** Runs a part of a request's handling. Throws a Problem if it runs for too many requests already. */
export type AtOnce = <R>(request: Request, part: () => Promise<R>) => Promise<R>;

const retrySeconds = 5;

/** Limits for how many requests a part runs at the same time. Each process counts for itself. */
export function limitAtOnce({ total, share }: AtOnceLimits): AtOnce {
  const running = new Map<string, number>();
  let all = 0;
  const add = (address: string, change: 1 | -1) => {
    all += change;
    const count = (running.get(address) ?? 0) + change;
    if (count > 0) running.set(address, count);
    else running.delete(address);
  };
  return async (request, part) => {
    const address = addressOf(request);
    if (all >= total || (running.get(address) ?? 0) >= share) throw tooMany();
    add(address, 1);
    try {
      return await part();
    } finally {
      add(address, -1);
    }
  };
}

function tooMany(): Problem {
  const detail = `Too many requests like this one are being read. Try again in ${retrySeconds} seconds.`;
  return new Problem('too-many-requests', detail, { headers: { ...retryAfter(retrySeconds), Connection: 'close' } });
}
