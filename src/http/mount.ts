import type { Express, Request, RequestHandler, Response } from 'express';
import { answering } from './answering.ts';
import { authenticate } from './middleware/authenticate.ts';
import { readBody } from './middleware/read-body.ts';
import { requestContext } from './middleware/request-context.ts';
import { Problem } from './problems/problem.ts';
import { handled, type Reply, type Route } from './route.ts';
import type { Services } from './services/services.ts';

/** Registers the routes. Other methods of their paths get 405. */
export function mount(app: Express, routes: readonly Route[], services: Services): void {
  for (const route of routes) {
    const body = route.method === 'get' || route.readsBytes ? [] : [readBody];
    app[route.method](expressPath(route.path), authenticate(route), ...body, serve(route, services));
  }
  for (const [path, allowed] of methodsByPath(routes)) app.all(expressPath(path), rejectMethod(allowed));
}

function serve(route: Route, services: Services): RequestHandler {
  const answerOf = answering(route, services);
  const headerNames = Object.keys(route.headers.shape);
  return async (request, response) => {
    const { requestId, caller, key } = requestContext(response);
    const reply = await answerOf({
      params: request.params,
      query: { ...request.query },
      headers: headersOf(headerNames, request),
      body: request.body === undefined ? {} : request.body,
      caller,
      key: route.access === 'anyone' ? null : key,
      requestId,
      request,
      response,
    });
    if (reply !== handled) send(response, reply);
  };
}

function send(response: Response, { status, body, headers = {} }: Reply): void {
  response.status(status).set(headers);
  if (body === null) response.end();
  else if (typeof body === 'string' || Buffer.isBuffer(body)) response.send(body);
  else sendJson(response, JSON.stringify(body));
}

/** What `response.json` sends, without its search for an ETag, a charset and a fresh copy. */
function sendJson(response: Response, text: string): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

/** Only the headers in the route's schema, under the schema's names: Node's are lower-case. */
function headersOf(names: readonly string[], request: Request): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, request.get(name)]));
}

function methodsByPath(routes: readonly Route[]): Map<string, string> {
  const methods = Map.groupBy(routes, ({ path }) => path);
  return new Map([...methods].map(([path, ofPath]) => [path, allowHeader(ofPath.map(({ method }) => method))]));
}

function allowHeader(methods: readonly Route['method'][]): string {
  return methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])).join(', ');
}

function rejectMethod(allow: string): RequestHandler {
  return ({ method }) => {
    const detail = `The method ${method} is not allowed here. Allowed methods: ${allow}.`;
    throw new Problem('method-not-allowed', detail, { headers: { Allow: allow } });
  };
}

/** `/v1/servers/{id}` in Express's syntax: `/v1/servers/:id`. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
