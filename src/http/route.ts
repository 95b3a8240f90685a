import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Scope } from '#db/keys.ts';
import type { Owned } from '#db/reads/customers.ts';
import type { Caller } from '#src/keys/caller.ts';
import type { ProblemKind } from './problems/problem.ts';
import type { Services } from './services/services.ts';
import { previewAnswer, previewQuery, previewShape } from './shapes/preview.ts';

/** One route of the API: the source of routing, access, validation, the handler's types and the documentation. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI's syntax: `/v1/servers/{id}`. */
  readonly path: string;
  /** The scope that the caller must have. */
  readonly access: Scope | 'anyone';
  /**
   * How it serves a key of one customer. server, job, subscription: if the path's `id` is one of the customer. filtered:
   * the handler leaves out what is of others. shared: it has nothing of a customer. never: 403.
   */
  readonly forCustomers: Owned | 'filtered' | 'shared' | 'never';
  readonly summary: string;
  readonly description?: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers: z.ZodObject;
  readonly body: z.ZodObject;
  /** Whether the handler reads the bytes of the body itself. */
  readonly readsBytes: boolean;
  readonly answers: Answers;
  /** Problems in addition to those that follow from the access and the method. */
  readonly problems: readonly ProblemKind[];
  readonly handle: (call: Call, services: Services) => Promise<Reply | Handled>;
}

export interface Answer {
  readonly description: string;
  /** The JSON body; null for no body or another content type. */
  readonly body: z.ZodType | null;
  /** Given if the body is not JSON. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
type Answers = Readonly<Record<number, Answer>>;

/** A validated request. */
export interface Call<P = unknown, Q = unknown, H = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
  /** The name of the caller's key; `anyone` on routes without one. */
  readonly caller: string;
  /** null: the caller has none. */
  readonly key: Caller | null;
  /** The only customer whose things the caller may see; null: those of all. */
  readonly owner: string | null;
  readonly requestId: string;
  readonly request: Request;
  readonly response: Response;
}

export interface Reply<S extends number = number, B = unknown> {
  readonly status: S;
  readonly body: B;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes an answer whose status and body must match the route's `answers`. */
export function reply<const S extends number, const B>(
  status: S,
  body: B,
  headers: Readonly<Record<string, string>> = {},
): Reply<S, B> {
  return { status, body, headers };
}

/** Returned by a handler that wrote the response itself. */
export const handled = Symbol('handled');
export type Handled = typeof handled;

type BodyOf<A extends Answer> = A['body'] extends z.ZodType ? z.output<A['body']> : string | Buffer | null;
type ReplyOf<A extends Answers> = { [S in keyof A & number]: Reply<S, BodyOf<A[S]>> }[keyof A & number];

interface Definition<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodObject,
  A extends Answers,
> extends Pick<Route, 'method' | 'path' | 'access' | 'summary' | 'description'> {
  readonly params?: P;
  readonly query?: Q;
  /** Only the headers that the route reads; others are ignored. */
  readonly headers?: H;
  readonly body?: B;
  /** Default: never. */
  readonly forCustomers?: Route['forCustomers'];
  /** Default: false. */
  readonly readsBytes?: boolean;
  readonly answers: A;
  readonly problems?: readonly ProblemKind[];
  readonly handle: (
    call: Call<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>,
    services: Services,
  ) => Promise<ReplyOf<A> | Handled>;
}

type Nothing = z.ZodObject<Record<never, never>, z.core.$strict>;
const nothing: Nothing = z.strictObject({});

/** Defines a route whose handler is typed by its schemas. An omitted schema accepts no fields. */
export function route<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  H extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
  const A extends Answers = Answers,
>(definition: Definition<P, Q, H, B, A>): Route {
  const schemas = { params: nothing, query: nothing, headers: nothing, body: nothing };
  const usual = { forCustomers: 'never', readsBytes: false, problems: [] };
  // Safe: `mount` passes the handler only values that these schemas have parsed.
  return withPreview({ ...schemas, ...usual, ...definition } as unknown as Route);
}

/** Whether it is a command, which takes `?plan=true`. Who sends bytes, such as Stripe, asks for no preview. */
export function hasPreview({ method, readsBytes }: Pick<Route, 'method' | 'readsBytes'>): boolean {
  return method !== 'get' && !readsBytes;
}

function withPreview(route: Route): Route {
  if (!hasPreview(route)) return route;
  const { 200: done, ...others } = route.answers;
  const description = done ? `${done.description}. ${previewAnswer}` : previewAnswer;
  const body = done?.body ? z.union([done.body, previewShape]) : previewShape;
  const answers = { ...others, 200: { ...done, description, body } };
  return { ...route, query: route.query.extend(previewQuery), answers };
}
