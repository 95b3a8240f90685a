import express, { type Request, type Response, type Router } from 'express';
import type { LoggedCall } from './call-log.ts';
import type { Answer, Call, Dialect, Route } from './dialect.ts';
import { type Delivery, handle, type Pipeline } from './pipeline.ts';

/** A dialect's routes, each through the pipeline; `onCall` is called after every call. */
export function dialectRouter(pipeline: Pipeline, dialect: Dialect, onCall?: (call: LoggedCall) => void): Router {
  const router = express.Router();
  for (const route of dialect.routes) {
    router[route.method](route.path, async (request, response) => {
      const call = callOf(pipeline, route, request);
      const status = await deliver(await handle(pipeline, { dialect, route }, call), response);
      pipeline.calls.end(call.seq, status);
      const ended = onCall ? pipeline.calls.get(call.seq) : null;
      if (ended !== null) onCall?.(ended);
    });
  }
  router.use((_request, response) => send(dialect.errorAnswer(404, 'Invalid API path or method.'), response));
  return router;
}

function callOf(pipeline: Pipeline, route: Route, request: Request): Call {
  const client = request.get('x-client-id') ?? request.get('user-agent') ?? 'unknown';
  const { operation } = route;
  const seq = pipeline.calls.begin({ method: request.method, path: request.originalUrl, operation, client });
  const { searchParams: query } = new URL(request.originalUrl, 'http://simulator');
  const { id = '', parent = '' } = request.params;
  const authorization = request.get('authorization') ?? null;
  const idempotencyKey = request.get('idempotency-key') ?? null;
  const base = `${request.protocol}://${request.get('host')}${request.baseUrl}`;
  return {
    seq,
    operation,
    client,
    authorization,
    idempotencyKey,
    base,
    id: String(id),
    parent: String(parent),
    query,
    body: request.body,
    hints: {},
  };
}

/** Resolves with the status that was sent; with null if none was sent. */
async function deliver(delivery: Delivery, response: Response): Promise<number | null> {
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

function send({ status, headers, body }: Answer, response: Response): void {
  response.status(status).set(headers ?? {});
  if (body === undefined) response.end();
  else if (typeof body === 'string') response.type('html').send(body);
  else response.json(body);
}

async function sendHalf({ status, body }: Answer, response: Response): Promise<void> {
  const text = Buffer.from(JSON.stringify(body ?? {}));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  const half = text.subarray(0, Math.floor(text.length / 2));
  await new Promise<unknown>((resolve) => response.write(half, resolve));
  response.socket?.destroy();
}
