import { z } from 'zod';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { shortIpv6 } from '#src/cloud/addresses.ts';
import { pageOf } from '#src/cloud/pages.ts';
import { readOwnerInAnyCase } from './tags.ts';

/** Schemas of DigitalOcean's responses; fields that they do not name are dropped. */

/**
 * `links.pages.next` is an absolute address. Only its page number is used, so that no request goes to another host.
 * Without `links.pages` there is one page. The total is required: only it shows that a listing is complete.
 */
const end = z
  .object({
    links: z.object({ pages: z.object({ next: z.string().nullish() }).nullish() }).nullish(),
    meta: z.object({ total: z.int() }),
  })
  .transform(({ links, meta }, context) => {
    const next = links?.pages?.next || null;
    const page = next === null ? null : (URL.parse(next)?.searchParams.get('page') ?? '');
    if (page === null || /^[1-9]\d*$/.test(page)) return { total: meta.total, next: page };
    context.addIssue({ code: 'custom', message: 'names no page', path: ['links', 'pages', 'next'] });
    return z.NEVER;
  });

const network = z.object({ ip_address: z.string(), type: z.string() });
const networks = z.array(network).nullish();

const machine = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    tags: z.array(z.string()),
    status: z.string(),
    locked: z.boolean(),
    networks: z.object({ v4: networks, v6: networks }),
    region: z.object({ slug: z.string() }),
    size_slug: z.string(),
    created_at: z.iso.datetime({ offset: true }),
  })
  .transform(
    (droplet): CloudMachine => ({
      id: String(droplet.id),
      name: droplet.name,
      owner: readOwnerInAnyCase(droplet.tags),
      state: stateOf(droplet.status, droplet.locked),
      ipv4: publicIn(droplet.networks.v4),
      ipv6: shortIpv6(publicIn(droplet.networks.v6)),
      location: droplet.region.slug,
      plan: droplet.size_slug,
      createdAt: new Date(droplet.created_at),
    }),
  );

export const machineAnswer = z.object({ droplet: machine });
export const machinesPage = pageOf('droplets', machine, end);

const region = z
  .object({ slug: z.string(), name: z.string(), available: z.boolean() })
  .transform(({ slug, ...rest }) => ({ id: slug, ...rest }));
export type Region = z.infer<typeof region>;
export const regionsPage = pageOf('regions', region, end);

const size = z
  .object({
    slug: z.string(),
    vcpus: z.int(),
    memory: z.int(),
    price_monthly: z.number(),
    regions: z.array(z.string()),
    available: z.boolean(),
    gpu_info: z.unknown().optional(),
  })
  .transform(({ slug, ...rest }) => ({ id: slug, ...rest }));
export type Size = z.infer<typeof size>;
export const sizesPage = pageOf('sizes', size, end);

const image = z
  .object({ id: z.int(), slug: z.string().nullish() })
  .transform(({ id, slug }) => ({ id: String(id), slug: slug ?? null }));
export const imagesPage = pageOf('images', image, end);

const team = z.object({ uuid: z.string().min(1) });
export const accountAnswer = z.object({ account: z.object({ uuid: z.string().min(1), team: team.nullish() }) });

const error = z.object({ id: z.string(), message: z.string() });

/** "id: message" in a body of DigitalOcean's error shape; null for any other body. */
export function errorMessageIn(body: unknown): string | null {
  const parsed = error.safeParse(body).data;
  return parsed === undefined ? null : `${parsed.id}: ${parsed.message}`;
}

/** An active droplet is locked while an event, such as its creation, is in progress. */
function stateOf(status: string, locked: boolean): CloudMachine['state'] {
  if (status === 'off' || status === 'archive') return 'stopped';
  return status === 'active' && !locked ? 'running' : 'pending';
}

/** Skips the address in the droplet's private network, which may come first. */
function publicIn(addresses: readonly z.infer<typeof network>[] | null | undefined): string | null {
  return addresses?.find(({ type }) => type === 'public')?.ip_address ?? null;
}
