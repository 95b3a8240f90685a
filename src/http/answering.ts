import type { Request, Response } from 'express';
import { givenFields } from './problems/given-fields.ts';
import { validator } from './problems/validate.ts';
import type { Handled, Reply, Route } from './route.ts';
import type { Services } from './services/services.ts';

/** The parts of a request as they came, before the route's schemas have parsed them. */
export interface Given {
  readonly params: unknown;
  readonly query: unknown;
  /** By the names of the route's schema. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly caller: string;
  readonly requestId: string;
  readonly request: Request;
  readonly response: Response;
}

export type AnswerOf = (given: Given) => Promise<Reply | Handled>;

/** Makes the function that validates a request and calls the route's handler. It throws a Problem. */
export function answering(route: Route, services: Services): AnswerOf {
  const [path, query] = [validator(route.params, 'path'), validator(route.query, 'query')];
  const [header, body] = [validator(route.headers, 'header'), validator(route.body, 'body')];
  const fields = givenFields(route.body);
  return async ({ params, query: asked, headers, body: sent, ...call }) =>
    route.handle(
      { params: path(params), query: query(asked), headers: header(headers), body: body(fields(sent)), ...call },
      services,
    );
}
