import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Sent } from '#queues/ports/webhooks.ts';
import { retryAfterMs } from '#src/cloud/retry-after.ts';
import { AddressRefusedError, assertPublicLiteral, guardedLookup } from './public-address.ts';

export interface PostOptions {
  /** `refuse`: only https, and only to addresses of the public internet. */
  readonly privateAddresses: 'allow' | 'refuse';
  /** Default: that of the system. */
  readonly lookup?: LookupFunction;
  readonly timeoutMs?: number;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly now: Date;
}

const answerWithinMs = 15_000;

/**
 * Posts the body on a connection of its own, and reads only the head of the answer. Follows no redirect, and uses no
 * proxy: the addresses of a name could not be checked there. Never rejects.
 */
export async function post({ url, headers, body, now }: Post, options: PostOptions): Promise<Sent> {
  const { timeoutMs = answerWithinMs } = options;
  try {
    const target = new URL(url);
    const guard = guardOf(target, options);
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await answerOf(target, { ...guard, method: 'POST', agent: false, headers, signal }, body);
    answer.destroy();
    const status = answer.statusCode ?? 0;
    return { status, retryAfterMs: retryAfterMs(answer.headers['retry-after'] ?? null, now) ?? null };
  } catch (error) {
    return { status: null, error: sentence(error, timeoutMs) };
  }
}

/** Throws if nothing may be sent there. */
function guardOf(target: URL, { privateAddresses, lookup }: PostOptions): { readonly lookup?: LookupFunction } {
  if (privateAddresses === 'allow') return lookup ? { lookup } : {};
  if (target.protocol !== 'https:') throw new AddressRefusedError('only https addresses get news.');
  assertPublicLiteral(target);
  return { lookup: guardedLookup(lookup) };
}

type RequestOptions = Parameters<typeof httpsRequest>[1];

function answerOf(target: URL, options: RequestOptions, body: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = target.protocol === 'https:' ? httpsRequest(target, options) : httpRequest(target, options);
  // Node ends an answer that switches protocols with this event alone. After another answer it has no effect.
  request.on('close', () => reject(new Error('the connection ended without an answer.')));
  request.on('response', resolve).on('error', reject);
  request.end(body);
  return promise;
}

function sentence(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return `${String(error)}.`;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `No answer within ${timeoutMs / 1_000} s.`;
  // One error for several addresses has no message of its own.
  const { message } = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  return `No answer: ${String(message).replace(/\.$/, '')}.`;
}
