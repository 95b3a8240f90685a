import { expect } from 'vitest';
import { z } from 'zod';
import type { Route } from '#src/http/route.ts';

export const secrets = {
  storefront: 'shop-secret-of-the-tests-1',
  viewer: 'look-secret-of-the-tests-1',
  operator: 'boss-secret-of-the-tests-1',
} as const;
export type As = keyof typeof secrets | 'nobody';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects, and fails if they are absent.
  readonly body: any;
  readonly text: string;
}

export interface CallOptions {
  readonly as?: As;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

interface Request extends CallOptions {
  readonly url: string;
  readonly method: string;
  readonly path: string;
}

/** Sends the request. Checks the answer against the route's schemas, and every error against RFC 9457. */
export async function callAndCheck(routes: readonly Route[], request: Request): Promise<Answered> {
  const { url, method, path } = request;
  const response = await fetch(url + path, { method, redirect: 'manual', ...contentOf(request) });
  const answer = await read(response);
  const declared = declaredBody(routes, { method, path, status: response.status });
  if (declared) declared.parse(answer.body);
  else if (response.status >= 400 && method !== 'HEAD') expectProblem(answer);
  return answer;
}

/** Expects a problem document that has the request's id and reveals no internals. */
export function expectProblem({ status, headers, body, text }: Answered): void {
  expect(headers.get('content-type'), text).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({
    type: expect.stringMatching(/^urn:ghostifi:problem:[a-z-]+$/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.any(String),
    requestId: headers.get('x-request-id'),
  });
  expect(text).not.toMatch(/node_modules|at .*\.ts|SQLITE|stack|-secret/);
}

function contentOf({ as = 'operator', body, headers = {} }: CallOptions): RequestInit {
  const authorization = as !== 'nobody' && { authorization: `Bearer ${secrets[as]}` };
  if (body === undefined) return { headers: { ...authorization, ...headers } };
  return {
    headers: { ...authorization, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

async function read(response: Response): Promise<Answered> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text, text };
}

interface Reply {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

function declaredBody(routes: readonly Route[], { method, path, status }: Reply): z.ZodType | null {
  const [pathname = ''] = path.split('?');
  const route = routes.find(
    (route) =>
      route.method === method.toLowerCase() &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  const body = route?.answers[status]?.body;
  return body instanceof z.ZodObject ? body.strict() : (body ?? null);
}
