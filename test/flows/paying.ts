import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import type { ServerStatus } from '#db/model.ts';
import { addUser } from '../least-rights.ts';
import { secretsKey } from '../secrets-key.ts';
import { spawnApi, type WorkerHandle } from '../worker-process.ts';
import { startWorld, type World, type WorldOptions } from '../world.ts';

export const webhookSecret = 'whsec_of_the_flows_of_payments';
export const token = 'boss-secret-of-the-flows-1';
/** A start takes seconds, and much longer beside other tests. */
export const startMs = 180_000;
const soon = { timeout: 90_000, interval: 100 };

/** An API process and a worker process whose customers pay at the simulated Stripe. */
export interface Paying {
  readonly world: World;
  readonly api: WorkerHandle;
  readonly worker: WorkerHandle;
  readonly apiUrl: string;
  /** Calls the API as the operator. */
  ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }>;
  /** GET of JSON. Throws if the answer is an error. */
  read<T>(path: string, shape: z.ZodType<T>): Promise<T>;
  /** The body of a checkout. */
  order(customer: string): object;
  /** Opens a checkout; returns the address of Stripe's page. */
  checkout(customer: string): Promise<string>;
  /** The customer pays on that page. Resolves with the subscription's id once the service knows it. */
  pay(customer: string, page: string): Promise<string>;
  /** A customer with a running server. */
  buy(customer: string): Promise<Customer>;
  /** Lets something happen at Stripe: `sub_…/refund`, `hooks`, `clock` and others (docs/simulator.md). */
  happen(what: string, body?: object): Promise<void>;
  subscription(id: string): Promise<Subscription>;
  /** Waits until the subscription is like this. */
  until(id: string, expected: object): Promise<Subscription>;
  /** Waits until the server has this status. */
  has(serverId: string, status: ServerStatus): Promise<void>;
  /** The machines of a server that exist now. */
  machinesOf(serverId: string): Promise<number>;
  alerts(): Promise<readonly Alert[]>;
  close(): Promise<void>;
}

export interface Customer {
  readonly subscriptionId: string;
  readonly serverId: string;
}

const subscription = z.object({
  id: z.string(),
  standing: z.string(),
  reason: z.string(),
  since: z.string(),
  hold: z.string().nullable(),
  openSince: z.string().nullable(),
  endsAt: z.string().nullable(),
  server: z.object({ id: z.string(), status: z.string() }).nullable(),
  payments: z.array(z.object({ amount: z.number(), refunded: z.number(), disputed: z.number() })),
});
export type Subscription = z.output<typeof subscription>;

const alert = z.object({ kind: z.string(), subject: z.string() });
type Alert = z.output<typeof alert>;
const items = <T>(of: z.ZodType<T>) => z.object({ items: z.array(of) });
const named = z.object({ id: z.string() });

export interface PayingOptions extends WorldOptions {
  /** Settings of both processes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Those of the processes' user at Redis. Not given: all. */
  readonly rights?: readonly string[];
  /** Stripe sends no events. */
  readonly silent?: boolean;
}

export async function startPaying({
  settings = {},
  rights,
  silent = false,
  ...options
}: PayingOptions = {}): Promise<Paying> {
  const world = await startWorld(options);
  const redisUrl = rights ? await addUser(world.redis, rights) : world.redis.url;
  const shared = { ...world.stripe, STRIPE_WEBHOOK_SECRET: webhookSecret, REDIS_URL: redisUrl, ...settings };
  const api = await spawnApi({
    PORT: '0',
    DATABASE_URL: `file:${world.databaseFile}`,
    SECRETS_KEY: secretsKey,
    API_TOKENS: `boss:operator:${token}`,
    ...(options.dns && { DNS: 'cloudflare' }),
    RATE_LIMIT_PER_MINUTE: '1000000',
    RATE_LIMIT_PER_ADDRESS: '1000000',
    ...shared,
  });
  const worker = await world.startWorker({ REBUILD_GRACE_SECONDS: '0', WORKER_PORT: '0', ...shared });
  const { port } = api.lines.find(({ event }) => event === 'api-listening') ?? {};
  const apiUrl = `http://127.0.0.1:${port}`;
  const paying = payingOver({ world, api, worker, apiUrl });
  const hook = { url: `${apiUrl}/v1/stripe/webhook`, secret: webhookSecret, form: 'both', copies: 2, shuffle: 100 };
  if (!silent) await paying.happen('hooks', hook);
  return paying;
}

function payingOver(processes: Pick<Paying, 'world' | 'api' | 'worker' | 'apiUrl'>): Paying {
  const { world, api, apiUrl } = processes;
  const ask = asker(apiUrl);
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T> => {
    const { status, text } = await ask('GET', path);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${text}`);
    return shape.parse(JSON.parse(text));
  };
  const readSubscription = (id: string) => read(`/v1/subscriptions/${id}`, subscription);
  const until = (id: string, expected: object) =>
    vi.waitFor(async () => {
      const found = await readSubscription(id);
      expect(found).toMatchObject(expected);
      return found;
    }, soon);
  const checkout = async (customer: string) => {
    const { status, text } = await ask('POST', '/v1/checkouts', orderOf(customer));
    if (status !== 201) throw new Error(`The checkout was answered with ${status}: ${text}`);
    return z.object({ url: z.url() }).parse(JSON.parse(text)).url;
  };
  const pay = async (customer: string, page: string) => {
    await fetch(page, { method: 'POST', body: new URLSearchParams({ how: 'paid' }), redirect: 'manual' });
    return vi.waitFor(async () => {
      const { items: found } = await read(`/v1/subscriptions?customer=${customer}`, items(named));
      expect(found).toHaveLength(1);
      return found[0]?.id ?? '';
    }, soon);
  };
  return {
    ...processes,
    ask,
    read,
    order: orderOf,
    checkout,
    pay,
    buy: async (customer) => {
      const subscriptionId = await pay(customer, await checkout(customer));
      const { server } = await until(subscriptionId, { server: { status: 'running' } });
      return { subscriptionId, serverId: server?.id ?? '' };
    },
    happen: (what, body) => control(world.simulatorUrl, what, body),
    subscription: readSubscription,
    until,
    has: (serverId, status) =>
      vi.waitFor(async () => expect((await world.store.readServer(serverId))?.server.status).toBe(status), soon),
    machinesOf: async (serverId) =>
      (await world.machines()).filter(({ label }) => label.startsWith(`gf-${serverId}-`)).length,
    alerts: async () => (await read('/v1/alerts', items(alert))).items,
    close: async () => {
      await api.kill9();
      await world.close();
    },
  };
}

function asker(apiUrl: string): Paying['ask'] {
  return async (method, path, body) => {
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': randomUUID(),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
}

function orderOf(customer: string) {
  const pages = { successUrl: 'https://shop.test/thanks', cancelUrl: 'https://shop.test/' };
  return { customer, plan: 'vc2-1c-1gb', location: 'ewr', reference: customer, ...pages };
}

async function control(simulatorUrl: string, what: string, body: object = {}): Promise<void> {
  const answer = await fetch(new URL(`/_sim/stripe/${what}`, simulatorUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The simulated Stripe refused ${what}: ${await answer.text()}`);
}
