import { z } from 'zod';
import type { Answer } from '#src/simulator/dialect.ts';
import type { MachineOrder } from '#src/simulator/machine-store.ts';
import { images, locations, serverTypes } from './catalogue.ts';
import { errorAnswer } from './errors.ts';
import { labelsSchema, tagsOf } from './labels.ts';

const text = z.string();
const flag = z.boolean();
const ids = z.array(z.int());

/** Exactly the fields in the API document; those without an effect here are ignored. */
const createSchema = z.strictObject({
  name: text.max(253).regex(/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/),
  location: text.optional(),
  datacenter: text.optional(),
  server_type: text,
  start_after_create: flag.optional(),
  image: text,
  placement_group: z.int().optional(),
  ssh_keys: z.array(z.union([text, z.int()])).optional(),
  volumes: ids.optional(),
  networks: ids.optional(),
  firewalls: z.array(z.strictObject({ firewall: z.int() })).optional(),
  user_data: text.max(32_768).optional(),
  labels: labelsSchema.default({}),
  automount: flag.optional(),
  public_net: z
    .strictObject({
      enable_ipv4: flag.optional(),
      enable_ipv6: flag.optional(),
      ipv4: z.int().nullish(),
      ipv6: z.int().nullish(),
    })
    .default({}),
});

export type Order = Omit<MachineOrder, 'client' | 'cloud'>;

/** The order in the body of POST /servers, or the error response. */
export function orderIn(body: unknown): { order: Order } | { error: Answer } {
  const parsed = createSchema.safeParse(body);
  if (!parsed.success) return { error: invalid(wrongFields(parsed.error)) };
  const { name, server_type, labels, user_data, public_net } = parsed.data;
  const region = parsed.data.location ?? locations[0]?.name ?? '';
  const type = serverTypes.find((one) => one.name === server_type);
  const image = images.find((one) => one.architecture === type?.architecture && isCalled(parsed.data.image, one));
  const error = availabilityError(region, type);
  if (error !== null) return { error };
  if (image === undefined) return { error: invalid('image') };
  const userData = user_data === undefined ? null : Buffer.from(user_data).toString('base64');
  const named = { label: name, hostname: name, tags: tagsOf(labels) };
  const ipv6 = public_net.enable_ipv6 ?? true;
  return { order: { ...named, region, plan: server_type, osId: image.id, userData, ipv6 } };
}

function isCalled(nameOrId: string, { id, name }: (typeof images)[number]): boolean {
  return nameOrId === name || nameOrId === String(id);
}

function availabilityError(region: string, type: (typeof serverTypes)[number] | undefined): Answer | null {
  if (!locations.some(({ name }) => name === region)) return invalid('location');
  if (type === undefined) return invalid('server_type');
  // The words as in cloudproxy#102.
  if (type.deprecated) return errorAnswer(422, `server type ${type.id} is deprecated`);
  const offer = type.locations.find(({ name }) => name === region);
  if (offer === undefined) return errorAnswer(422, 'unsupported location for server type');
  return offer.available ? null : errorAnswer(412, 'error during placement');
}

function invalid(fields: string): Answer {
  return errorAnswer(422, `invalid input in field '${fields}'`);
}

function wrongFields(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}
