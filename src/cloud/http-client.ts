import type { z } from 'zod';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import { boundedBody } from './bounded-body.ts';
import { startDeadline } from './deadline.ts';
import { faultOf, ProviderResponseError } from './provider-response-error.ts';
import { redact } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';

/** The time that one call may take from its first byte to its last; also what ends a create that gets no answer. */
const callDeadlineMs = 15_000;
/** A full page of 500 machines is about 1 MB. */
const largestAnswerBytes = 8 * 1024 * 1024;
/** Failures to connect: the request was never sent, so even a create surely did nothing. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH']);

export interface CloudHttpOptions {
  /** The provider's configured name, which begins every error message. */
  readonly provider: string;
  /** Base address, with the version and without a closing slash. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Who calls, in the User-Agent: the simulator tells worker processes apart by it. */
  readonly instance?: string | undefined;
  /** The provider's words in the body of an error; null where it has none. */
  readonly errorMessageIn: (body: unknown) => string | null;
  /** What the words mean; null: let the status decide. */
  readonly meaningOf: (providerMessage: string) => ProviderFault | null;
  /** How long to wait, in ms, after a 429 that has no Retry-After; undefined: its headers do not say. */
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
  /** Only what it names is kept of the answer, so that passwords in it go no further. */
  readonly answer: z.ZodType<T>;
  readonly signal: AbortSignal;
  /** It makes something: its lost answer is `unknown`, and only the deadline ends it once it has begun. */
  readonly creates?: boolean;
}

/** Sends one request, never twice. Rejects with a ProviderError, or with the signal's reason once that is aborted. */
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
    return { response, text: await boundedBody(response, largestAnswerBytes) };
  } catch (error) {
    if (!deadline.passed() && !call.creates) call.signal.throwIfAborted();
    throw lost(options, call, deadline.passed() ? deadline.signal.reason : error);
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
    throw new ProviderError(call.creates ? 'unknown' : 'unavailable', `${what(options, call)}: the answer is not JSON`);
  }
  const parsed = call.answer.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
  const message = `${what(options, call)}: the answer is not what the provider documents (${redact(faults, [options.apiKey])})`;
  throw new ProviderError(call.creates ? 'unknown' : 'rejected', message);
}

function errorOf(
  options: CloudHttpOptions,
  call: CloudCall<unknown>,
  { response, text }: Reply,
): ProviderResponseError {
  const body = parseJson(text);
  const said = body === notJson ? null : options.errorMessageIn(body);
  const providerMessage = said === null ? null : redact(said, [options.apiKey]);
  const fault = faultOf(
    response.status,
    call.creates ?? false,
    providerMessage === null ? null : options.meaningOf(providerMessage),
  );
  return new ProviderResponseError(fault, what(options, call), {
    status: response.status,
    providerMessage,
    retryAfterMs: waitOf(options, response),
  });
}

function waitOf({ now, waitIn }: CloudHttpOptions, { status, headers }: Response): number | undefined {
  const at = now?.() ?? new Date();
  return retryAfterMs(headers.get('retry-after'), at) ?? (status === 429 ? waitIn?.(headers, at) : undefined);
}

function lost(options: CloudHttpOptions, call: CloudCall<unknown>, error: unknown): ProviderError {
  const code = codeOf(error);
  const uncertain = call.creates === true && !(code !== null && neverSent.has(code));
  const why = redact(code ?? (error instanceof Error ? error.message : String(error)), [options.apiKey]);
  return new ProviderError(
    uncertain ? 'unknown' : 'unavailable',
    `${what(options, call)} gave no usable answer: ${why}`,
  );
}

/** The system's or undici's code, which fetch hides one level down. */
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

function what(options: CloudHttpOptions, call: CloudCall<unknown>): string {
  return `${options.provider}: ${call.method} ${call.path}`;
}

function assertKeyFitsHeader({ provider, apiKey }: CloudHttpOptions): void {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new Error(`The API key of ${provider} is empty or holds a space or a character that no header can carry.`);
}
