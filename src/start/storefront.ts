import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const job = z.object({
  id: z.string(),
  serverId: z.string(),
  kind: z.string(),
  state: z.string(),
  error: z.string().nullable(),
  progress: z.object({ step: z.string(), percent: z.number() }).nullable(),
  createdAt: z.coerce.date(),
  finishedAt: z.coerce.date().nullable(),
});
const serverRow = z.object({
  id: z.string(),
  customer: z.string(),
  status: z.string(),
  location: z.string(),
  generation: z.number(),
});
const server = serverRow.extend({ machine: z.object({ ipv4: z.string().nullable() }).nullable() });
const commandResult = z.object({ server: serverRow, job });
const servers = z.object({ items: z.array(server) });
const jobs = z.object({ items: z.array(job) });
const subscription = z.object({ id: z.string(), standing: z.string() });
const subscriptions = z.object({ items: z.array(subscription) });
const portal = z.object({ url: z.url() });
const plan = z.object({
  id: z.string(),
  memoryMb: z.number(),
  monthlyCost: z.number(),
  currency: z.string(),
  locations: z.array(z.string()),
});
const plans = z.object({ items: z.array(plan) });

export type ShopJob = z.infer<typeof job>;
export type ShopServer = z.infer<typeof server>;
export type ShopSubscription = z.infer<typeof subscription>;
export type ShopPlan = z.infer<typeof plan>;
export type CommandResult = z.infer<typeof commandResult>;

/** The API as a storefront uses it: over HTTP, with a token. */
export interface Storefront {
  buy(order: { customer: string; location: string; reference?: string }): Promise<CommandResult>;
  rebuild(serverId: string, location: string): Promise<CommandResult>;
  destroy(serverId: string): Promise<CommandResult>;
  /** The configuration file of a device for the WireGuard apps. Default: the first device. */
  vpnConfig(serverId: string, device?: string): Promise<string>;
  /** Newest first. */
  jobs(limit: number): Promise<readonly ShopJob[]>;
  /** Newest first. */
  servers(limit: number): Promise<readonly ShopServer[]>;
  /** Newest first. */
  subscriptions(customer: string): Promise<readonly ShopSubscription[]>;
  /** The address of the page where the customer changes the card, or cancels. */
  portal(subscriptionId: string, returnUrl: string): Promise<string>;
  /** Rejects until a worker has read the cloud's catalogue. */
  plans(): Promise<readonly ShopPlan[]>;
}

const callTimeoutMs = 10_000;

/** A call rejects with the API's problem document, or with the name of the call if there is no answer. */
export function openStorefront(apiUrl: string, secret: string): Storefront {
  const api = { apiUrl, secret };
  const json = async (call: Call): Promise<unknown> => JSON.parse(await callApi(api, call));
  const command = async (call: Call): Promise<CommandResult> => commandResult.parse(await json(call));
  return {
    buy: (order) => command({ method: 'POST', path: '/v1/purchases', body: order }),
    rebuild: (id, location) => command({ method: 'POST', path: `/v1/servers/${id}/rebuild`, body: { location } }),
    destroy: (id) => command({ method: 'DELETE', path: `/v1/servers/${id}` }),
    vpnConfig: (id, device = '1') => callApi(api, { method: 'GET', path: configPath(id, device) }),
    jobs: async (limit) => jobs.parse(await json({ method: 'GET', path: `/v1/jobs?limit=${limit}` })).items,
    servers: async (limit) => servers.parse(await json({ method: 'GET', path: `/v1/servers?limit=${limit}` })).items,
    subscriptions: async (customer) => {
      const path = `/v1/subscriptions?customer=${encodeURIComponent(customer)}`;
      return subscriptions.parse(await json({ method: 'GET', path })).items;
    },
    portal: async (id, returnUrl) =>
      portal.parse(await json({ method: 'POST', path: `/v1/subscriptions/${id}/portal`, body: { returnUrl } })).url,
    plans: async () => plans.parse(await json({ method: 'GET', path: '/v1/plans' })).items,
  };
}

function configPath(serverId: string, device: string): string {
  return `/v1/servers/${encodeURIComponent(serverId)}/vpn.conf?device=${encodeURIComponent(device)}`;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

async function callApi({ apiUrl, secret }: { apiUrl: string; secret: string }, call: Call): Promise<string> {
  const { method, path, body } = call;
  const answer = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(method !== 'GET' && { 'idempotency-key': randomUUID() }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(callTimeoutMs),
  }).catch((cause: unknown) => {
    throw new Error(`${method} ${path} got no answer.`, { cause });
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return text;
}
