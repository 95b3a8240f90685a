import type { Request, Response } from 'express';
import { type AnswerOf, answering } from '#src/http/answering.ts';
import { assertMayUse } from '#src/http/middleware/authenticate.ts';
import { requestContext } from '#src/http/middleware/request-context.ts';
import { handled, type Route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';

/** A route by its method and its path as documented, such as `POST /v1/servers/{id}/rebuild`. */
export type RouteName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

export interface PageCall {
  readonly params?: Readonly<Record<string, string>>;
  /** Fields that are undefined or empty are not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Sent if the route takes one. */
  readonly idempotencyKey?: string;
}

/** The API as the pages call it: the handlers of its routes in this process, with the scopes of the session. */
export interface PageApi {
  /** Whether the session may use the route. */
  may(name: RouteName): boolean;
  /** Resolves with the body of the answer, whatever its status. Throws a Problem, as the API would answer it. */
  call<T>(name: RouteName, call?: PageCall): Promise<T>;
}

/** Makes the API of one visit, whose session is this caller's. */
export type OpenPageApi = (caller: Caller, request: Request, response: Response) => PageApi;

interface Callable {
  readonly route: Route;
  readonly answerOf: AnswerOf;
}

/** Validates, checks access, records events and honours idempotency keys as the API does: it is the same code. */
export function pageApis(routes: readonly Route[], services: Services): OpenPageApi {
  const callables = new Map<string, Callable>(
    routes.map((route) => [
      `${route.method.toUpperCase()} ${route.path}`,
      { route, answerOf: answering(route, services) },
    ]),
  );
  const find = (name: RouteName): Callable => {
    const found = callables.get(name);
    if (!found) throw new Error(`The API has no route ${name}.`);
    return found;
  };
  return (caller, request, response) => ({
    may: (name) => isOpenTo(caller, find(name).route),
    call: async <T>(name: RouteName, call: PageCall = {}) => {
      const { route, answerOf } = find(name);
      if (route.access !== 'anyone') assertMayUse(caller, route.access);
      const { requestId } = requestContext(response);
      const sent = { caller: caller.name, key: caller, requestId, request: requestFor(route, call, request), response };
      const reply = await answerOf({ ...partsOf(route, call), ...sent });
      if (reply === handled) throw new Error(`${name} writes its answer itself, so that no page can call it.`);
      // The route's schema has typed its answer.
      return reply.body as T;
    },
  });
}

function isOpenTo(caller: Caller, { access }: Route): boolean {
  return access === 'anyone' || mayUse(caller, access);
}

function partsOf({ headers }: Route, { params = {}, query = {}, body = {}, idempotencyKey }: PageCall) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const takesKey = Object.hasOwn(headers.shape, 'Idempotency-Key');
  return {
    params,
    query: Object.fromEntries(given),
    headers: takesKey && idempotencyKey !== undefined ? { 'Idempotency-Key': idempotencyKey } : {},
    body,
  };
}

/** The request as a caller of the route would have sent it: a command's idempotency covers its method and its path. */
function requestFor({ method, path }: Route, { params = {} }: PageCall, request: Request): Request {
  const called = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''));
  return Object.create(request, { method: { value: method.toUpperCase() }, path: { value: called } });
}
