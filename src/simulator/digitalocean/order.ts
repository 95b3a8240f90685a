import { z } from 'zod';
import type { MachineOrder } from '#src/simulator/machine-store.ts';
import { images, regions, sizes } from './catalogue.ts';

const text = z.string();
const flag = z.boolean();

/** Exactly the fields in the API document for one droplet; those without an effect here are ignored. */
const createSchema = z.strictObject({
  name: text.max(255).regex(/^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/),
  region: text.optional(),
  size: text,
  image: z.union([text, z.int()]),
  ssh_keys: z.array(z.union([text, z.int()])).optional(),
  backups: flag.optional(),
  backup_policy: z.looseObject({}).optional(),
  ipv6: flag.default(false),
  monitoring: flag.optional(),
  tags: z
    .array(text.regex(/^[a-zA-Z0-9_\-:]{1,255}$/))
    .nullable()
    .default([]),
  user_data: text.max(65_536).optional(),
  private_networking: flag.optional(),
  volumes: z.array(text).optional(),
  vpc_uuid: text.optional(),
  with_droplet_agent: flag.optional(),
  public_networking: flag.optional(),
});

export type Order = Omit<MachineOrder, 'client' | 'cloud'>;

/** The order in the body of POST /droplets, or an error message. */
export function orderIn(body: unknown): Order | string {
  const parsed = createSchema.safeParse(body);
  if (!parsed.success) return wrongFields(parsed.error);
  const { name, size, ipv6, tags, user_data } = parsed.data;
  const region = parsed.data.region ?? regions[0]?.slug ?? '';
  const image = images.find(({ id, slug }) => parsed.data.image === id || parsed.data.image === slug);
  if (image === undefined) return 'You specified an invalid image for Droplet creation.';
  const fault = availabilityError(region, size);
  if (fault !== null) return fault;
  const userData = user_data === undefined ? null : Buffer.from(user_data).toString('base64');
  const named = { label: name, hostname: name, tags: tags ?? [] };
  return { ...named, region, plan: size, osId: image.id, userData, ipv6 };
}

function availabilityError(regionSlug: string, sizeSlug: string): string | null {
  const region = regions.find(({ slug }) => slug === regionSlug);
  const size = sizes.find(({ slug }) => slug === sizeSlug);
  if (region === undefined) return 'You specified an invalid region for Droplet creation.';
  if (size === undefined) return 'You specified an invalid size for Droplet creation.';
  if (!region.available) return 'Region is not available';
  return size.available && region.sizes.includes(sizeSlug) ? null : 'Size is not available in this region.';
}

function wrongFields(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}
