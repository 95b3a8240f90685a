import { randomUUID } from 'node:crypto';
import { CliError } from '#src/cli/cli-error.ts';
import type { Target } from '#src/cli/config/target.ts';
import { errorOfAnswer } from './api-error.ts';

/** A successful answer of the API. */
export interface Answer<T> {
  readonly body: T;
  /** The body as it came. */
  readonly text: string;
}

/** The API over HTTP. Every call rejects with a CliError if there is no answer, or not a success. */
export interface Api {
  readonly url: string;
  /** `alsoGood`: statuses that are an answer too, and no error. */
  get<T>(path: string, alsoGood?: readonly number[]): Promise<Answer<T>>;
  /** Resolves with the bytes, such as those of a picture. */
  download(path: string): Promise<Buffer>;
  /** Sends a command. A repeated one with the same idempotency key has no second effect. */
  send<T>(command: Command): Promise<Answer<T>>;
  /** Opens a stream of server-sent events; null: it has ended, and the caller has received all of it. */
  events(path: string, lastEventId: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null>;
}

export interface Command {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Members that are undefined are not sent. */
  readonly body?: object;
  /** Default: a random one. */
  readonly idempotencyKey?: string | undefined;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  readonly alsoGood?: readonly number[];
}

const callTimeoutMs = 30_000;

export function openApi(target: Target, stop: AbortSignal): Api {
  const connection = { target, stop };
  return {
    url: target.url,
    get: async <T>(path: string, alsoGood?: readonly number[]) =>
      readAnswer<T>(connection, { method: 'GET', path, ...(alsoGood && { alsoGood }) }),
    download: async (path) => {
      const response = await call(connection, { method: 'GET', path });
      return Buffer.from(await whole(response, connection, response.arrayBuffer()));
    },
    send: async <T>(command: Command) => sendOnce<T>(connection, command),
    events: async (path, lastEventId, signal) => {
      const headers = { accept: 'text/event-stream', ...(lastEventId !== null && { 'last-event-id': lastEventId }) };
      return (await call(connection, { method: 'GET', path, headers, signal })).body;
    },
  };
}

interface Connection {
  readonly target: Target;
  readonly stop: AbortSignal;
}

async function sendOnce<T>(connection: Connection, command: Command): Promise<Answer<T>> {
  const { method, path, body, idempotencyKey = randomUUID() } = command;
  const headers = { 'idempotency-key': idempotencyKey, ...(body && { 'content-type': 'application/json' }) };
  try {
    return await readAnswer<T>(connection, { method, path, headers, ...(body && { body: JSON.stringify(body) }) });
  } catch (cause) {
    if (!(cause instanceof NoAnswerError)) throw cause;
    const message = `${cause.message} It is not known whether this was done: look before you repeat it.`;
    throw new CliError('unavailable', message, { cause });
  }
}

async function readAnswer<T>(connection: Connection, request: Call): Promise<Answer<T>> {
  const response = await call(connection, request);
  const text = await whole(response, connection, response.text());
  try {
    // The API checks its own answers, and a newer one may add members: they are not checked again.
    return { body: (text === '' ? null : JSON.parse(text)) as T, text: text.trim() };
  } catch (cause) {
    throw new CliError('failed', `The answer of ${response.url} is not JSON. Check the address.`, { cause });
  }
}

/** The body of a response, whose connection may end in the middle of it. */
function whole<T>({ url }: Response, { target }: Connection, body: Promise<T>): Promise<T> {
  return body.catch((cause: unknown) => {
    throw new NoAnswerError(url, target.url, cause);
  });
}

/** Resolves once the headers of a success have arrived. */
async function call(connection: Connection, request: Call): Promise<Response> {
  const { target, stop } = connection;
  const { method, path, headers, body, signal, alsoGood = [] } = request;
  const name = `${method} ${path}`;
  const response = await fetch(`${target.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${target.key}`, ...headers },
    // A redirect would send the key to another address.
    redirect: 'manual',
    signal: AbortSignal.any([stop, signal ?? AbortSignal.timeout(callTimeoutMs)]),
    ...(body !== undefined && { body }),
  }).catch((cause: unknown) => {
    throw new NoAnswerError(name, target.url, cause);
  });
  if (response.ok || alsoGood.includes(response.status)) return response;
  throw errorOfAnswer(name, { status: response.status, text: await whole(response, connection, response.text()) });
}

/** The API could not be reached, or did not answer in time. */
class NoAnswerError extends CliError {
  override readonly name = 'NoAnswerError';

  constructor(call: string, url: string, cause: unknown) {
    super('unavailable', `${call} got no answer from ${url}${reasonOf(cause)}.`, { cause });
  }
}

/** Why there is no connection, for those who do not know the codes. */
const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: does the service run?',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be resolved now',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks http, not https',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an authority that is not trusted here: set NODE_EXTRA_CA_CERTS',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted here: set NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted here: set NODE_EXTRA_CA_CERTS',
};

/** fetch wraps the error of the connection. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { cause } = error;
  if (cause instanceof Error)
    return ` (${'code' in cause ? (codes[String(cause.code)] ?? cause.code) : cause.message})`;
  return error.name === 'TimeoutError' ? ` within ${callTimeoutMs / 1000} s` : '';
}

/** The path with the parameters that are given. */
export function withQuery(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query}`;
}

/** A path below `/v1`, with its ids encoded: `pathTo('servers', id, 'rebuild')`. */
export function pathTo(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join('/')}`;
}
