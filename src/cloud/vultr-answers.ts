import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { CloudMachine, Location, Plan } from '#queues/ports/provider.ts';
import { readOwner } from './owner-tags.ts';

/** What we read of Vultr's answers. Unknown fields are dropped: default_password and kvm (a console link) among them. */

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
      ipv6: ipv6Of(instance.v6_main_ip),
      location: instance.region,
      plan: instance.plan,
      createdAt: new Date(instance.date_created),
    }),
  );

export const machineAnswer = z.object({ instance: machine });
export const machinesPage = pageOf('instances', machine);

const location = z
  .object({ id: z.string(), city: z.string(), country: z.string() })
  .transform((region): Location => ({ id: region.id, city: region.city, country: region.country }));
export const locationsPage = pageOf('regions', location);

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
      locations: offer.locations,
    }),
  );
export const plansPage = pageOf('plans', plan);

export const accountAnswer = z.object({ account: z.object({ name: z.string(), email: z.string() }) });

const error = z.object({ error: z.string() });

/** The provider's words in a body of Vultr's error shape; null for any other body. */
export function wordsIn(body: unknown): string | null {
  return error.safeParse(body).data?.error ?? null;
}

/** One page of a listing, whatever it lists. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are on all pages; null where it does not say. */
  readonly total: number | null;
  /** null: this is the last page. */
  readonly next: string | null;
}

function pageOf<T>(name: string, item: z.ZodType<T>): z.ZodType<Page<T>> {
  const links = z.object({ next: z.string().nullish() });
  const meta = z.object({ total: z.int().nullish(), links });
  return z.looseObject({ meta }).transform((body, context): Page<T> => {
    const items = z.array(item).safeParse(body[name]);
    if (!items.success) {
      for (const issue of items.error.issues) {
        context.addIssue({ code: 'custom', message: issue.message, path: [name, ...issue.path] });
      }
      return z.NEVER;
    }
    return { items: items.data, total: body.meta.total ?? null, next: body.meta.links.next || null };
  });
}

function stateOf(status: string, power: string): CloudMachine['state'] {
  if (status === 'suspended') return 'stopped';
  if (status !== 'active') return 'pending';
  return power === 'running' ? 'running' : 'stopped';
}

/** "0.0.0.0" until one is assigned. */
function ipv4Of(address: string | null | undefined): string | null {
  return address && address !== '0.0.0.0' && isIPv4(address) ? address : null;
}

/** In the short form of RFC 5952, which DNS providers use, though Vultr writes every zero; "" until one is assigned. */
function ipv6Of(address: string | null | undefined): string | null {
  return address && isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : null;
}
