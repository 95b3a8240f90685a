import type { z } from 'zod';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import { boundedBody } from './bounded-body.ts';
import { startDeadline } from './deadline.ts';
import { faultOf, ProviderResponseError } from './provider-response-error.ts';
import { redact } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';

/** The time limit of one call, from its first byte to its last. Nothing else ends a create that gets no response. */
const callDeadlineMs = 15_000;
/** A full page of 500 machines is about 1 MB. */
const maxAnswerBytes = 8 * 1024 * 1024;
/** Failures to connect: the request was never sent, so even a create had no effect. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export interface CloudHttpOptions {
  /** The provider's configured name; the first word of every error message. */
  readonly provider: string;
  /** Base address, with the version and without a trailing slash. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Names the calling process in the User-Agent; the simulator distinguishes workers by it. */
  readonly instance?: string | undefined;
  /** The provider's message in the body of an error; null if there is none. */
  readonly errorMessageIn: (body: unknown) => string | null;
  /** The fault that the message means as an answer to the call; null: the status decides. */
  readonly meaningOf: (providerMessage: string, call: Pick<CloudCall<unknown>, 'creates'>) => ProviderFault | null;
  /** How long to wait, in ms, after a 429 without Retry-After; undefined: the headers do not say. */
  readonly waitIn?: (headers: Headers, now: Date) => number | undefined;
  readonly deadlineMs?: number | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface CloudCall<T> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the base address, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Removes all other fields, so that passwords in a response are dropped. */
  readonly answer: z.ZodType<T>;
  readonly signal: AbortSignal;
  /** The call creates something: a lost response is `unknown`, and after the start only the deadline ends the call. */
  readonly creates?: boolean;
}

/** Sends one request, once. Rejects with a ProviderError, or with the signal's reason after an abort. */
export type CloudHttp = <T>(call: CloudCall<T>) => Promise<T>;

/**
 * The HTTP client of every cloud driver: bearer key, JSON in and out, no redirects, no retries.
 * Its errors carry no `cause`: fetch's own errors can quote the Authorization header.
 */
export function cloudHttp(options: CloudHttpOptions): CloudHttp {
  assertKeyFitsHeader(options);
  return async (call) => {
    assertNoTransaction('provider call');
    call.signal.throwIfAborted();
    const reply = await exchange(options, call);
    if (!reply.response.ok) throw errorOf(options, call, reply);
    return read(options, call, reply);
  };
}

interface Reply {
  readonly response: Response;
  readonly text: string;
}

async function exchange(options: CloudHttpOptions, call: CloudCall<unknown>): Promise<Reply> {
  const deadline = startDeadline(options.deadlineMs ?? callDeadlineMs, call.creates ? undefined : call.signal);
  try {
    const send = options.fetch ?? globalThis.fetch;
    const response = await send(address(options, call), requestOf(options, call, deadline.signal));
    return { response, text: await boundedBody(response, maxAnswerBytes) };
  } catch (error) {
    if (!deadline.passed() && !call.creates) call.signal.throwIfAborted();
    throw lostResponse(options, call, deadline.passed() ? deadline.signal.reason : error);
  } finally {
    deadline.release();
  }
}

function requestOf(options: CloudHttpOptions, call: CloudCall<unknown>, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = {
    authorization: `Bearer ${options.apiKey}`,
    accept: 'application/json',
    'user-agent': userAgent(options.instance),
  };
  const request: RequestInit = { method: call.method, headers, redirect: 'manual', signal };
  if (call.body === undefined) return request;
  return { ...request, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(call.body) };
}

function address(options: CloudHttpOptions, call: CloudCall<unknown>): string {
  const query = new URLSearchParams(call.query ?? {}).toString();
  return `${options.apiUrl}${call.path}${query === '' ? '' : `?${query}`}`;
}

function userAgent(instance: string | undefined): string {
  if (instance === undefined) return 'ghostifi-provisioning';
  return `ghostifi-provisioning (${instance.replace(/[^\w.:@/-]/g, '_')})`;
}

function read<T>(options: CloudHttpOptions, call: CloudCall<T>, reply: Reply): T {
  const json = parseJson(reply.text);
  if (json === notJson) {
    throw new ProviderError(
      call.creates ? 'unknown' : 'unavailable',
      `${describeCall(options, call)}: the response is not JSON`,
    );
  }
  const parsed = call.answer.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
  const message = `${describeCall(options, call)}: the response differs from the provider's documentation (${redact(faults, [options.apiKey])})`;
  throw new ProviderError(call.creates ? 'unknown' : 'rejected', message);
}

function errorOf(
  options: CloudHttpOptions,
  call: CloudCall<unknown>,
  { response, text: json }: Reply,
): ProviderResponseError {
  const body = parseJson(json);
  const text = body === notJson ? null : options.errorMessageIn(body);
  const providerMessage = text === null ? null : redact(text, [options.apiKey]);
  const fault = faultOf(
    response.status,
    call.creates ?? false,
    providerMessage === null ? null : options.meaningOf(providerMessage, call),
  );
  return new ProviderResponseError(fault, describeCall(options, call), {
    status: response.status,
    providerMessage,
    retryAfterMs: waitOf(options, response),
  });
}

function waitOf({ now, waitIn }: CloudHttpOptions, { status, headers }: Response): number | undefined {
  const at = now?.() ?? new Date();
  return retryAfterMs(headers.get('retry-after'), at) ?? (status === 429 ? waitIn?.(headers, at) : undefined);
}

function lostResponse(options: CloudHttpOptions, call: CloudCall<unknown>, error: unknown): ProviderError {
  const code = codeOf(error);
  const madeNothing = code !== null && neverSent.has(code);
  const uncertain = call.creates === true && !madeNothing;
  const why = redact(code ?? (error instanceof Error ? error.message : String(error)), [options.apiKey]);
  return new ProviderError(
    uncertain ? 'unknown' : 'unavailable',
    `${describeCall(options, call)} got no usable response: ${why}`,
    { madeNothing },
  );
}

/** The system's or undici's error code, which fetch puts into `cause`. */
function codeOf(error: unknown): string | null {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

const notJson = Symbol('not JSON');

/** null for an empty body. */
function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return notJson;
  }
}

function describeCall(options: CloudHttpOptions, call: CloudCall<unknown>): string {
  return `${options.provider}: ${call.method} ${call.path}`;
}

function assertKeyFitsHeader({ provider, apiKey }: CloudHttpOptions): void {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new Error(
    `The API key of ${provider} is empty, or contains a space or another character that a header cannot carry.`,
  );
}
