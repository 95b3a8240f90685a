import Stripe from 'stripe';
import type { Payments } from '#queues/ports/payments.ts';
import { createStripe } from '#src/payments/stripe/stripe.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import { Book } from '#src/simulator/stripe/book.ts';
import { stockShop } from '#src/simulator/stripe/offer.ts';
import { readRoutes } from '#src/simulator/stripe/read-routes.ts';
import { writeRoutes } from '#src/simulator/stripe/write-routes.ts';
import { type ManualClock, manualClock } from '../../src/simulator/manual-clock.ts';
import { withoutSdk } from './without-sdk.ts';

/** The simulated Stripe in this process, asked through the product's driver without a socket. */
export interface StripeInMemory {
  readonly book: Book;
  readonly clock: ManualClock;
  readonly payments: Payments;
  /** The same without the SDK, which takes most of the time; for reads and marks. */
  readonly quickPayments: Payments;
  /** The paths that were asked, oldest first. */
  readonly calls: string[];
  /** `away`: no call is answered. `refuses`: 401. */
  mood: 'well' | 'away' | 'refuses';
}

/** Its time is that of `clock`. What time makes due happens only when a test passes the time. */
export async function stripeInMemory(clock: ManualClock = manualClock()): Promise<StripeInMemory> {
  const book = new Book(clock, [], () => Promise.resolve());
  stockShop(book, 'vultr');
  const routes = [...readRoutes(book), ...writeRoutes(book, ({ base }) => base)];
  const stripe: { -readonly [Name in keyof StripeInMemory]: StripeInMemory[Name] } = {
    book,
    clock,
    payments: createStripe({ apiKey: 'rk_test_memory', apiUrl: 'http://stripe.test/stripe' }),
    quickPayments: withoutSdk(book),
    calls: [],
    mood: 'well',
  };
  const httpClient = Stripe.createFetchHttpClient((url: string | URL | Request, init?: RequestInit) => {
    const { pathname, searchParams } = new URL(String(url));
    stripe.calls.push(pathname.replace('/stripe', ''));
    if (stripe.mood === 'away') return Promise.reject(new TypeError('fetch failed'));
    if (stripe.mood === 'refuses') return respond({ status: 401, body: { error: { message: 'Invalid API Key.' } } });
    return answer(routes, {
      method: init?.method ?? 'GET',
      path: pathname.replace('/stripe', ''),
      query: searchParams,
      init,
    });
  });
  stripe.payments = createStripe({ apiKey: 'rk_test_memory', apiUrl: 'http://stripe.test/stripe', httpClient });
  return stripe;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly init: RequestInit | undefined;
}

async function answer(routes: readonly Route[], { method, path, query, init }: Asked): Promise<Response> {
  for (const route of routes) {
    const match = new RegExp(`^${route.path.replace(':id', '([^/]+)')}$`).exec(path);
    if (match === null || route.method !== method.toLowerCase()) continue;
    const shared = {
      seq: 0,
      client: 'test',
      authorization: null,
      base: 'http://stripe.test/stripe',
      parent: '',
      hints: {},
    };
    const headers = new Headers(init?.headers);
    const call: Call = {
      ...shared,
      operation: route.operation,
      idempotencyKey: headers.get('idempotency-key'),
      id: decodeURIComponent(match[1] ?? ''),
      query,
      body: formOf(String(init?.body ?? '')),
    };
    return respond(await route.act(call, () => undefined));
  }
  return respond({ status: 404, body: { error: { message: `No route ${method} ${path}` } } });
}

function respond({ status, body }: Answer): Promise<Response> {
  return Promise.resolve(Response.json(body, { status, headers: { 'request-id': 'req_test' } }));
}

/** `a[b][c]=1` as `{ a: { b: { c: '1' } } }`; `a[0]` makes an object as well, as arrays of one are all that is sent. */
function formOf(text: string): unknown {
  const form: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '');
    let at: Record<string, unknown> = form;
    for (const part of path.slice(0, -1)) {
      const inner = (at[part] ?? {}) as Record<string, unknown>;
      at[part] = inner;
      at = inner;
    }
    at[path.at(-1) ?? ''] = value;
  }
  return withArrays(form);
}

function withArrays(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, withArrays(inner)] as const);
  const isList = entries.length > 0 && entries.every(([name], at) => name === String(at));
  return isList ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
