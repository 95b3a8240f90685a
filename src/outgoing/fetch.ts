import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as SecureAgent } from 'node:https';
import { pipeline } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createGunzip } from 'node:zlib';
import { NeverSent, reasonOf } from './never-sent.ts';
import { describeProxy, noProxy, type ProxySettings, proxyEnvironment } from './proxy.ts';

export interface Call {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Ends the call at any time, also while the answer is read. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** True for 200 to 299. */
  readonly ok: boolean;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Makes one call; follows no redirect and repeats nothing. Node's own `fetch` has the same form. */
export type Fetch = (address: string, call: Call) => Promise<Answer>;

/** The time for opening a connection, or a tunnel through the proxy. The call's other time is for its answer. */
const connectMs = 10_000;
/** Shorter than servers, proxies and firewalls keep an idle connection. */
const idleMs = 4_000;

/**
 * Calls https addresses through the proxy, and http addresses directly. Rejects with NeverSent if no connection could be
 * opened, and otherwise with the signal's reason or the connection's error.
 * Node's own `fetch` can use a proxy, too. But it tries a broken tunnel again without a pause, takes HTTP_PROXY for http
 * addresses in any case, and does not tell whether a request was sent.
 */
export function openFetch(proxy: ProxySettings = noProxy): Fetch {
  const plain = new Agent({ keepAlive: true, timeout: idleMs });
  const secure = new SecureAgent({ keepAlive: true, timeout: idleMs, proxyEnv: proxyEnvironment(proxy) });
  return (address, call) => {
    const options = { method: call.method, headers: headersOf(call), timeout: connectMs };
    const request = address.startsWith('https:')
      ? requestHttps(address, { ...options, agent: secure })
      : requestHttp(address, { ...options, agent: plain });
    return send(request, call, describeProxy(proxy, address));
  };
}

function headersOf({ headers, body }: Call): Record<string, string> {
  const sent = { 'accept-encoding': 'gzip', ...headers };
  // Node sends the body of a DELETE without a length unless it is given.
  return body === null ? sent : { ...sent, 'content-length': String(Buffer.byteLength(body)) };
}

function send(request: ClientRequest, { body, signal }: Call, proxyText: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let isOpen = false;
  const fail = (error: unknown) => {
    request.destroy();
    reject(isOpen ? error : new NeverSent(`${reasonOf(error)}${proxyText}`));
  };
  const slow = setTimeout(() => fail(new Error(`no connection within ${connectMs / 1000} s`)), connectMs);
  onceOpen(request, () => {
    isOpen = true;
    clearTimeout(slow);
  });
  request.once('response', (message) => resolve(answerOf(message)));
  request.on('error', fail);
  // The request's own signal would not end one that waits for a tunnel.
  signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  request.end(body ?? undefined);
  return promise.finally(() => clearTimeout(slow));
}

/** Node sends the first byte of a request once the connection is open and the server's certificate is verified. */
function onceOpen(request: ClientRequest, open: () => void): void {
  request.once('socket', (socket) => {
    // A connection of the pool, or one that was opened through a tunnel.
    if (!socket.connecting) open();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', open);
  });
}

function answerOf(message: IncomingMessage): Answer {
  const { statusCode: status = 0, headersDistinct } = message;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  // The reader of the body gets its errors.
  const body =
    headers.get('content-encoding') === 'gzip' ? pipeline(message, createGunzip(), () => undefined) : message;
  return { status, ok: status >= 200 && status < 300, headers, body };
}
