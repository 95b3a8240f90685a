import type { Request, Response } from 'express';
import type { Caller } from '#src/keys/caller.ts';
import { assertOwn } from './commands/own-customer.ts';
import { previewed } from './preview/preview.ts';
import { givenFields } from './problems/given-fields.ts';
import { validator } from './problems/validate.ts';
import { type Handled, hasPreview, type Reply, type Route } from './route.ts';
import type { Services } from './services/services.ts';

/** The parts of a request as they came, before the route's schemas have parsed them. */
export interface Given {
  readonly params: unknown;
  readonly query: unknown;
  /** By the names of the route's schema. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly caller: string;
  /** null: the caller has none. */
  readonly key: Caller | null;
  readonly requestId: string;
  readonly request: Request;
  readonly response: Response;
}

export type AnswerOf = (given: Given) => Promise<Reply | Handled>;

/**
 * Makes the function that validates a request, holds a key of one customer to that customer, and calls the route's
 * handler. It throws a Problem.
 */
export function answering(route: Route, services: Services): AnswerOf {
  const [path, query] = [validator(route.params, 'path'), validator(route.query, 'query')];
  const [header, body] = [validator(route.headers, 'header'), validator(route.body, 'body')];
  const fields = givenFields(route.body);
  return async ({ params: named, query: asked, headers, body: sent, ...call }) => {
    const params = path(named);
    const { key } = call;
    await assertOwn(route, { key, params }, services);
    const parsed = { params, query: query(asked), body: body(fields(sent)) };
    const isPreview = hasPreview(route) && 'plan' in parsed.query && parsed.query.plan === 'true';
    const validCall = { ...parsed, headers: header(isPreview ? withKey(route, headers) : headers), ...call };
    const owned = { ...validCall, owner: key?.customer ?? null };
    return isPreview ? previewed(route, owned, services) : route.handle(owned, services);
  };
}

/** A preview needs no Idempotency-Key: there is nothing that must not happen twice. */
function withKey({ headers: taken }: Route, headers: Given['headers']): Given['headers'] {
  if (!('Idempotency-Key' in taken.shape)) return headers;
  return { ...headers, 'Idempotency-Key': headers['Idempotency-Key'] ?? 'preview' };
}
