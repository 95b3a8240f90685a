import { isIPv4 } from 'node:net';
import { z } from 'zod';
import type { CloudMachine, Location } from '#queues/ports/provider.ts';
import { shortIpv6 } from '#src/cloud/addresses.ts';
import { readOwnerLabels } from '#src/cloud/owner-tags.ts';
import { pageOf } from '#src/cloud/pages.ts';

/** Schemas of Hetzner's responses; fields that they do not name, such as root_password, are dropped. */

const end = z
  .object({
    meta: z.object({ pagination: z.object({ next_page: z.int().nullable(), total_entries: z.int().nullable() }) }),
  })
  .transform(({ meta: { pagination } }) => ({
    total: pagination.total_entries,
    next: pagination.next_page === null ? null : String(pagination.next_page),
  }));

const address = z.object({ ip: z.string() }).nullable();
const labels = z.record(z.string(), z.string());

const machine = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    labels,
    status: z.string(),
    public_net: z.object({ ipv4: address, ipv6: address }),
    location: z.object({ name: z.string() }),
    server_type: z.object({ name: z.string() }),
    created: z.iso.datetime({ offset: true }),
  })
  .transform(
    (server): CloudMachine => ({
      id: String(server.id),
      name: server.name,
      owner: readOwnerLabels(server.labels),
      state: stateOf(server.status),
      ipv4: server.public_net.ipv4 && isIPv4(server.public_net.ipv4.ip) ? server.public_net.ipv4.ip : null,
      ipv6: hostIn(server.public_net.ipv6?.ip),
      location: server.location.name,
      plan: server.server_type.name,
      createdAt: new Date(server.created),
    }),
  );

export const machineAnswer = z.object({ server: machine });
export const machinesPage = pageOf('servers', machine, end);

const location = z
  .object({ name: z.string(), city: z.string(), country: z.string() })
  .transform(({ name, city, country }): Location => ({ id: name, city, country }));
export const locationsPage = pageOf('locations', location, end);

const price = z.object({ location: z.string(), price_monthly: z.object({ net: z.coerce.number().min(0) }) });
const deprecation = z.object({ unavailable_after: z.iso.datetime({ offset: true }) });

const serverType = z
  .object({
    name: z.string(),
    cores: z.number(),
    /** In GB. */
    memory: z.number(),
    prices: z.array(price),
    locations: z.array(z.object({ name: z.string(), available: z.boolean(), deprecation: deprecation.nullable() })),
  })
  .transform(({ name, ...rest }) => ({ id: name, ...rest }));
export type ServerType = z.infer<typeof serverType>;
export const serverTypesPage = pageOf('server_types', serverType, end);

const image = z
  .object({ id: z.int(), name: z.string().nullable(), status: z.string() })
  .transform(({ id, ...rest }) => ({ id: String(id), ...rest }));
export type Image = z.infer<typeof image>;
export const imagesPage = pageOf('images', image, end);

const primaryIp = z.object({ type: z.string(), prices: z.array(price) });
const pricing = z.object({ currency: z.string(), primary_ips: z.array(primaryIp) });
export type Pricing = z.infer<typeof pricing>;
export const pricingAnswer = z.object({ pricing });

const firewall = z
  .object({ id: z.int(), labels: labels.default({}) })
  .transform(({ id, labels }) => ({ id: String(id), labels }));
export const firewallAnswer = z.object({ firewall });
export const firewallsPage = pageOf('firewalls', firewall, end);

const error = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** "code: message" in a body of Hetzner's error shape; null for any other body. */
export function errorMessageIn(body: unknown): string | null {
  const parsed = error.safeParse(body).data?.error;
  return parsed === undefined ? null : `${parsed.code}: ${parsed.message}`;
}

function stateOf(status: string): CloudMachine['state'] {
  if (status === 'running') return 'running';
  return ['off', 'stopping', 'deleting'].includes(status) ? 'stopped' : 'pending';
}

/** Each server gets a /64 such as 2001:db8::/64; its system uses the first host in it (::1). */
function hostIn(network: string | undefined): string | null {
  const prefix = network?.endsWith('::/64') ? network.slice(0, -'/64'.length) : null;
  return prefix === null ? null : shortIpv6(`${prefix}1`);
}
