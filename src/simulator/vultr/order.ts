import { z } from 'zod';
import type { MachineOrder } from '#src/simulator/machine-store.ts';
import { planWith, regions, systems } from './catalogue.ts';

const text = z.string();
const texts = z.array(z.string());
const flag = z.boolean();
const base64 = z.base64();

/** Exactly the fields in the API document; those without an effect here are ignored. */
const createSchema = z.strictObject({
  region: text,
  plan: text,
  os_id: z.int().optional(),
  ipxe_chain_url: text.optional(),
  iso_id: text.optional(),
  script_id: text.optional(),
  snapshot_id: text.optional(),
  enable_ipv6: flag.default(false),
  disable_public_ipv4: flag.optional(),
  attach_private_network: texts.optional(),
  attach_vpc: texts.optional(),
  attach_vpc2: texts.optional(),
  label: text.default(''),
  sshkey_id: texts.optional(),
  backups: z.enum(['enabled', 'disabled']).optional(),
  app_id: z.int().optional(),
  image_id: text.optional(),
  user_data: base64.optional(),
  ddos_protection: flag.optional(),
  activation_email: flag.optional(),
  hostname: z
    .string()
    .regex(/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/)
    .default('vultr.guest'),
  tag: text.optional(),
  firewall_group_id: text.optional(),
  reserved_ipv4: text.optional(),
  enable_private_network: flag.optional(),
  enable_vpc: flag.optional(),
  enable_vpc2: flag.optional(),
  tags: texts.default([]),
  user_scheme: text.optional(),
  vpc_only: flag.optional(),
  app_variables: z.record(z.string(), z.string()).optional(),
  block_devices: z.array(z.looseObject({})).optional(),
});

const images = ['os_id', 'iso_id', 'snapshot_id', 'app_id', 'image_id'] as const;

export type Order = Omit<MachineOrder, 'client' | 'cloud'>;

/** The order in the body of POST /instances, or an error message. */
export function orderIn(body: unknown): Order | string {
  const parsed = createSchema.safeParse(body);
  if (!parsed.success) return wrongFields(parsed.error);
  const { region, plan, os_id, label, hostname, tags, tag, user_data, enable_ipv6 } = parsed.data;
  if (images.filter((image) => parsed.data[image] !== undefined).length !== 1)
    return `Choose one of ${images.join(', ')}.`;
  if (os_id === undefined) return 'The simulator installs from os_id alone.';
  const fault = availabilityError(region, plan, os_id);
  if (fault !== null) return fault;
  const allTags = tag === undefined ? tags : [...tags, tag];
  const addresses = { ipv6: enable_ipv6, noAddress: planWith(plan)?.ipv6Only };
  return { label, hostname, tags: allTags, region, plan, osId: os_id, userData: user_data ?? null, ...addresses };
}

const patchSchema = z.strictObject({
  app_id: z.int().optional(),
  image_id: text.optional(),
  backups: z.enum(['enabled', 'disabled']).optional(),
  firewall_group_id: text.optional(),
  enable_ipv6: flag.optional(),
  os_id: z.int().optional(),
  user_data: base64.optional(),
  tag: text.optional(),
  plan: text.optional(),
  ddos_protection: flag.optional(),
  attach_private_network: texts.optional(),
  attach_vpc: texts.optional(),
  attach_vpc2: texts.optional(),
  detach_private_network: texts.optional(),
  detach_vpc: texts.optional(),
  detach_vpc2: texts.optional(),
  enable_private_network: flag.optional(),
  enable_vpc: flag.optional(),
  enable_vpc2: flag.optional(),
  label: text.optional(),
  tags: texts.optional(),
  user_scheme: text.optional(),
});

/** The changes that PATCH /instances/{id} makes here. */
export interface Change {
  label?: string;
  tags?: string[];
  userData?: string | null;
}

/** The change in the body of PATCH /instances/{id}, or an error message. */
export function changeIn(body: unknown): Change | string {
  const parsed = patchSchema.safeParse(body);
  if (!parsed.success) return wrongFields(parsed.error);
  const { label, tags, user_data } = parsed.data;
  const change: Change = {};
  if (label !== undefined) change.label = label;
  if (tags !== undefined) change.tags = tags;
  if (user_data !== undefined) change.userData = user_data === '' ? null : user_data;
  return change;
}

function availabilityError(region: string, planId: string, osId: number): string | null {
  const plan = planWith(planId);
  if (!regions.some(({ id }) => id === region)) return 'Invalid region.';
  if (plan === undefined) return 'Invalid plan.';
  if (!systems.some(({ id }) => id === osId)) return 'Invalid os_id.';
  return plan.locations.includes(region) ? null : `Plan ${planId} is not available in ${region}.`;
}

function wrongFields(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}
