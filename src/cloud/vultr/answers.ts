import { isIPv4 } from 'node:net';
import { z } from 'zod';
import type { CloudMachine, Location, Plan } from '#queues/ports/provider.ts';
import { shortIpv6 } from '#src/cloud/addresses.ts';
import { readOwner } from '#src/cloud/owner-tags.ts';
import { pageOf } from '#src/cloud/pages.ts';

/** Schemas of Vultr's responses; other fields, such as default_password and kvm (a console link), are dropped. */

const end = z
  .object({ meta: z.object({ total: z.int().nullish(), links: z.object({ next: z.string().nullish() }) }) })
  .transform(({ meta }) => ({ total: meta.total ?? null, next: meta.links.next || null }));

const machine = z
  .object({
    id: z.string().min(1),
    label: z.string(),
    tags: z.array(z.string()).nullish(),
    status: z.string(),
    power_status: z.string(),
    main_ip: z.string().nullish(),
    v6_main_ip: z.string().nullish(),
    region: z.string(),
    plan: z.string(),
    date_created: z.iso.datetime({ offset: true }),
  })
  .transform(
    (instance): CloudMachine => ({
      id: instance.id,
      name: instance.label,
      owner: readOwner(instance.tags ?? []),
      state: stateOf(instance.status, instance.power_status),
      ipv4: ipv4Of(instance.main_ip),
      ipv6: shortIpv6(instance.v6_main_ip),
      location: instance.region,
      plan: instance.plan,
      createdAt: new Date(instance.date_created),
    }),
  );

export const machineAnswer = z.object({ instance: machine });
export const machinesPage = pageOf('instances', machine, end);

export const userDataAnswer = z.object({ user_data: z.object({ data: z.string() }) });

const location = z
  .object({ id: z.string(), city: z.string(), country: z.string() })
  .transform((region): Location => ({ id: region.id, city: region.city, country: region.country }));
export const locationsPage = pageOf('regions', location, end);

const plan = z
  .object({
    id: z.string(),
    vcpu_count: z.int(),
    ram: z.int(),
    monthly_cost: z.number(),
    locations: z.array(z.string()),
  })
  .transform(
    (offer): Plan => ({
      id: offer.id,
      cpus: offer.vcpu_count,
      memoryMb: offer.ram,
      monthlyCost: offer.monthly_cost,
      currency: 'USD',
      locations: offer.locations,
    }),
  );
export const plansPage = pageOf('plans', plan, end);

/**
 * Whether we sell a plan. The free plan requires an application to Vultr. Plans without an IPv4 address are excluded;
 * only the end of their id identifies them.
 */
export function isForSale({ id, monthlyCost }: Plan): boolean {
  return monthlyCost > 0 && !id.endsWith('-v6');
}

const system = z.object({ id: z.int() }).transform(({ id }) => ({ id: String(id) }));
export const systemsPage = pageOf('os', system, end);

export const accountAnswer = z.object({ account: z.object({ name: z.string(), email: z.string() }) });

const error = z.object({ error: z.string() });

/** The message in a body of Vultr's error shape; null for any other body. */
export function errorMessageIn(body: unknown): string | null {
  return error.safeParse(body).data?.error ?? null;
}

function stateOf(status: string, power: string): CloudMachine['state'] {
  if (status === 'suspended') return 'stopped';
  if (status !== 'active') return 'pending';
  return power === 'running' ? 'running' : 'stopped';
}

/** Vultr shows "0.0.0.0" until an address is assigned. */
function ipv4Of(address: string | null | undefined): string | null {
  return address && address !== '0.0.0.0' && isIPv4(address) ? address : null;
}
