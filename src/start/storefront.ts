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
const recorded = z.object({
  id: z.string(),
  customer: z.string(),
  status: z.string(),
  location: z.string(),
  generation: z.number(),
});
const server = recorded.extend({ machine: z.object({ ipv4: z.string().nullable() }).nullable() });
const commanded = z.object({ server: recorded, job });
const servers = z.object({ items: z.array(server) });
const jobs = z.object({ items: z.array(job) });

export type ShopJob = z.infer<typeof job>;
export type ShopServer = z.infer<typeof server>;
export type Commanded = z.infer<typeof commanded>;

/** The service as a storefront sees it: over HTTP, with a token. */
export interface Storefront {
  buy(order: { customer: string; location: string; reference?: string }): Promise<Commanded>;
  rebuild(serverId: string, location: string): Promise<Commanded>;
  destroy(serverId: string): Promise<Commanded>;
  /** The file for the WireGuard apps. */
  vpnConfig(serverId: string): Promise<string>;
  /** The newest ones first. */
  jobs(limit: number): Promise<readonly ShopJob[]>;
  /** The newest ones first. */
  servers(limit: number): Promise<readonly ShopServer[]>;
}

const callTimeoutMs = 10_000;

/** Calls reject with the problem's own words where the API refuses, and with what got no answer. */
export function openStorefront(apiUrl: string, secret: string): Storefront {
  const call = async (method: string, path: string, body?: object): Promise<string> => {
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
  };
  const json = async (method: string, path: string, body?: object): Promise<unknown> =>
    JSON.parse(await call(method, path, body));
  return {
    buy: async (order) => commanded.parse(await json('POST', '/v1/purchases', order)),
    rebuild: async (id, location) => commanded.parse(await json('POST', `/v1/servers/${id}/rebuild`, { location })),
    destroy: async (id) => commanded.parse(await json('DELETE', `/v1/servers/${id}`)),
    vpnConfig: (id) => call('GET', `/v1/servers/${encodeURIComponent(id)}/vpn.conf`),
    jobs: async (limit) => jobs.parse(await json('GET', `/v1/jobs?limit=${limit}`)).items,
    servers: async (limit) => servers.parse(await json('GET', `/v1/servers?limit=${limit}`)).items,
  };
}
