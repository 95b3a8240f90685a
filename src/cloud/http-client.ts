import type { z } from 'zod';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import { type Answer, type Call, type Fetch, openFetch } from '#src/outgoing/fetch.ts';
import { NeverSent, reasonOf } from '#src/outgoing/never-sent.ts';
import { boundedBody } from './bounded-body.ts';
import { startDeadline } from './deadline.ts';
import { faultOf, ProviderResponseError } from './provider-response-error.ts';
import { redact } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';

/** The time limit of one call, from its first byte to its last. Nothing else ends a create that gets no response. */
const callDeadlineMs = 15_000;
/** A full page of 500 machines is about 1 MB. */
const maxAnswerBytes = 8 * 1024 * 1024;

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
  readonly fetch?: Fetch | undefined;
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
 * Its errors carry no `cause`: an error of the call could quote the Authorization header.
 */
export function cloudHttp(given: CloudHttpOptions): CloudHttp {
  assertKeyFitsHeader(given);
  const options = { ...given, fetch: given.fetch ?? openFetch() };
  return async (call) => {
    assertNoTransaction('provider call');
    call.signal.throwIfAborted();
    const reply = await exchange(options, call);
    if (!reply.response.ok) throw errorOf(options, call, reply);
    return read(options, call, reply);
  };
}

interface Opened extends CloudHttpOptions {
  readonly fetch: Fetch;
}

interface Reply {
  readonly response: Answer;
  readonly text: string;
}

async function exchange(options: Opened, call: CloudCall<unknown>): Promise<Reply> {
  const deadline = startDeadline(options.deadlineMs ?? callDeadlineMs, call.creates ? undefined : call.signal);
  try {
    const response = await options.fetch(address(options, call), requestOf(options, call, deadline.signal));
    return { response, text: await boundedBody(response, maxAnswerBytes) };
  } catch (error) {
    if (!deadline.passed() && !call.creates) call.signal.throwIfAborted();
    const isLate = deadline.passed() && !(error instanceof NeverSent);
    throw lostResponse(options, call, isLate ? deadline.signal.reason : error);
  } finally {
    deadline.release();
  }
}

function requestOf(options: CloudHttpOptions, call: CloudCall<unknown>, signal: AbortSignal): Call {
  const headers: Record<string, string> = {
    authorization: `Bearer ${options.apiKey}`,
    accept: 'application/json',
    'user-agent': userAgent(options.instance),
  };
  const { method } = call;
  if (call.body === undefined) return { method, headers, body: null, signal };
  return {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(call.body),
    signal,
  };
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

function waitOf({ now, waitIn }: CloudHttpOptions, { status, headers }: Answer): number | undefined {
  const at = now?.() ?? new Date();
  return retryAfterMs(headers.get('retry-after'), at) ?? (status === 429 ? waitIn?.(headers, at) : undefined);
}

function lostResponse(options: CloudHttpOptions, call: CloudCall<unknown>, error: unknown): ProviderError {
  const madeNothing = error instanceof NeverSent;
  const uncertain = call.creates === true && !madeNothing;
  const why = redact(reasonOf(error), [options.apiKey]);
  return new ProviderError(
    uncertain ? 'unknown' : 'unavailable',
    `${describeCall(options, call)} got no usable response: ${why}`,
    { madeNothing },
  );
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
