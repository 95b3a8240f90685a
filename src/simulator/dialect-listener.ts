import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoggedCall } from './call-log.ts';
import type { Answer, Call, Dialect, Route } from './dialect.ts';
import { type Delivery, handle, type Pipeline } from './pipeline.ts';
import { BodyError, jsonIn } from './request-body.ts';
import { type Matched, routeTable } from './route-table.ts';

interface Served {
  readonly pipeline: Pipeline;
  readonly dialect: Dialect;
  readonly basePath: string;
  /** Called after every call. */
  readonly onCall: ((call: LoggedCall) => void) | undefined;
}

export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Serves a dialect's routes, each through the pipeline. It works on Node's requests: Express, which serves the page and
 * the control API, takes a third of the time of a call.
 */
export function dialectListener(served: Served): Listener {
  const { dialect, basePath } = served;
  const matching = routeTable(dialect.routes);
  return async (request, response) => {
    try {
      const body = await jsonIn(request);
      const matched = matching(request.method ?? 'GET', pathIn(request).slice(basePath.length));
      if (matched === null) send(dialect.errorAnswer(404, 'Invalid API path or method.'), response);
      else await serve(served, matched, { request, response, body });
    } catch (error) {
      const status = error instanceof BodyError ? error.status : 500;
      if (response.headersSent) response.destroy();
      else send(dialect.errorAnswer(status, error instanceof Error ? error.message : String(error)), response);
    }
  };
}

/** The part of the address before the query. */
export function pathIn({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: unknown;
}

async function serve({ pipeline, dialect, basePath, onCall }: Served, matched: Matched, exchange: Exchange) {
  const { route } = matched;
  const call = callOf(pipeline, matched, { ...exchange, basePath });
  const status = await deliver(await handle(pipeline, { dialect, route }, call), exchange.response);
  pipeline.calls.end(call.seq, status);
  const ended = onCall ? pipeline.calls.get(call.seq) : null;
  if (ended !== null) onCall?.(ended);
}

function callOf(pipeline: Pipeline, matched: Matched, exchange: Exchange & { readonly basePath: string }): Call {
  const { method = 'GET', url = '/', headers } = exchange.request;
  const client = [headers['x-client-id'] ?? headers['user-agent'] ?? 'unknown'].flat().join(', ');
  const { operation }: Route = matched.route;
  return {
    seq: pipeline.calls.begin({ method, path: url, operation, client }),
    operation,
    client,
    authorization: headers.authorization ?? null,
    base: `http://${headers.host}${exchange.basePath}`,
    id: matched.id,
    parent: matched.parent,
    query: new URLSearchParams(url.slice(pathIn(exchange.request).length)),
    body: exchange.body,
    hints: {},
  };
}

/** Resolves with the status that was sent; with null if none was sent. */
async function deliver(delivery: Delivery, response: ServerResponse): Promise<number | null> {
  switch (delivery.do) {
    case 'answer':
      send(delivery.answer, response);
      return delivery.answer.status;
    case 'send-half':
      await sendHalf(delivery.answer, response);
      return delivery.answer.status;
    case 'lose':
      response.socket?.destroy();
      return null;
    case 'hang':
      if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
      return null;
  }
}

function send({ status, headers = {}, body }: Answer, response: ServerResponse): void {
  response.statusCode = status;
  const isText = typeof body === 'string';
  if (body !== undefined)
    response.setHeader('content-type', `${isText ? 'text/html' : 'application/json'}; charset=utf-8`);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(isText || body === undefined ? body : JSON.stringify(body));
}

async function sendHalf({ status, body }: Answer, response: ServerResponse): Promise<void> {
  const text = Buffer.from(JSON.stringify(body ?? {}));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  const half = text.subarray(0, Math.floor(text.length / 2));
  await new Promise<unknown>((resolve) => response.write(half, resolve));
  response.socket?.destroy();
}
