import type { Express, Request, RequestHandler, Response } from 'express';
import { type AuthenticateDeps, authenticate } from './middleware/authenticate.ts';
import { readBody } from './middleware/read-body.ts';
import { requestContext, setContext } from './middleware/request-context.ts';
import { Problem } from './problems/problem.ts';
import { validate } from './problems/validate.ts';
import { handled, type Reply, type Route } from './route.ts';
import type { Services } from './services/services.ts';

export interface MountDeps extends AuthenticateDeps {
  readonly services: Services;
  readonly limitPerToken: RequestHandler;
}

/** Serves the routes, and answers 405 to the other methods of their paths. */
export function mount(app: Express, routes: readonly Route[], deps: MountDeps): void {
  const parseBody = readBody();
  for (const route of routes) {
    const body = route.method === 'get' ? [] : parseBody;
    const limit = route.access === 'anyone' ? [] : [deps.limitPerToken];
    const guards = [nameRoute(route), authenticate(deps, route.access), ...limit, ...body];
    app[route.method](expressPath(route.path), ...guards, serve(route, deps));
  }
  for (const [path, allowed] of methodsByPath(routes)) app.all(expressPath(path), refuseMethod(allowed));
}

function nameRoute({ path }: Route): RequestHandler {
  return (_request, response, next) => {
    setContext(response, { route: path });
    next();
  };
}

function serve(route: Route, { services }: MountDeps): RequestHandler {
  return async (request, response) => {
    const { requestId, caller } = requestContext(response);
    const reply = await route.handle(
      {
        params: validate(route.params, 'path', request.params),
        query: validate(route.query, 'query', { ...request.query }),
        headers: validate(route.headers, 'header', headersOf(route, request)),
        body: validate(route.body, 'body', request.body === undefined ? {} : request.body),
        ...{ caller, requestId, request, response },
      },
      services,
    );
    if (reply !== handled) send(response, reply);
  };
}

function send(response: Response, { status, body, headers = {} }: Reply): void {
  response.status(status).set(headers);
  if (body === null) response.end();
  else if (typeof body === 'string' || Buffer.isBuffer(body)) response.send(body);
  else response.json(body);
}

/** Only those that the route reads, by the names that its schema uses. */
function headersOf({ headers }: Route, request: Request): Record<string, string | undefined> {
  return Object.fromEntries(Object.keys(headers.shape).map((name) => [name, request.get(name)]));
}

function methodsByPath(routes: readonly Route[]): Map<string, string> {
  const methods = Map.groupBy(routes, ({ path }) => path);
  return new Map([...methods].map(([path, known]) => [path, allowOf(known.map(({ method }) => method))]));
}

function allowOf(methods: readonly Route['method'][]): string {
  return methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])).join(', ');
}

function refuseMethod(allow: string): RequestHandler {
  return ({ method }) => {
    throw new Problem('method-not-allowed', `${method} is not one of its methods: ${allow}.`, {
      headers: { Allow: allow },
    });
  };
}

/** `/v1/servers/{id}` in Express's words. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
