import { z } from 'zod';
import type { Cloud } from '#src/cloud/cloud.ts';
import { type CloudName, cloudNames, clouds } from '#src/cloud/clouds.ts';
import { portVariable, type Variable, variable, webAddressVariable } from './variable.ts';

type Descriptor = (typeof clouds)[CloudName];
export type CloudVariableName = Descriptor['address']['variable'] | NonNullable<Descriptor['key']>['variable'];

/** The address and key variables of every cloud. The cast is safe: the names and `entriesOf` use the same list. */
const addressesAndKeys = Object.fromEntries(cloudNames.flatMap(entriesOf)) as Record<
  CloudVariableName,
  Variable<string>
>;

const planRemarks = cloudNames.flatMap((name) => descriptorOf(name).defaultPlan.remark ?? []).join(' ');

/** The cloud, its address and key, and which machines are ordered there. */
export const variablesOfCloud = {
  CLOUD: variable(z.enum(cloudNames), {
    fallback: 'simulator',
    mustBe: `one of ${cloudNames.join(', ')}`,
    about: 'The cloud where machines are created. The API process stores it with every new server.',
  }),
  SIMULATOR_PORT: portVariable({
    fallback: '3900',
    about: 'Port of the simulated cloud that `npm start` starts.',
    processes: ['start'],
  }),
  ...addressesAndKeys,
  MACHINE_IMAGE: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "the provider's number or name of a Debian 13, Debian 12 or Ubuntu 24.04 image",
    about: `The image of new machines: Debian 13, Debian 12 or Ubuntu 24.04. Unset: the first of these that the provider has. Debian 13 is ${perCloud(({ image }) => image.debian13)}; Debian 12 is ${perCloud(({ image }) => image.debian12)}; Ubuntu 24.04 is ${perCloud(({ image }) => image.ubuntu2404)}.`,
    processes: ['worker'],
  }),
  DEFAULT_PLAN: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "one of the provider's plan ids, as GET /v1/plans lists them",
    about: `The plan of a purchase that names none. Unset: ${perCloud(({ defaultPlan }) => defaultPlan.id)}. ${planRemarks}`,
    processes: ['api'],
  }),
} as const;

function entriesOf(name: CloudName): [string, Variable<string>][] {
  const { title, address, key } = descriptorOf(name);
  const addressVariable = webAddressVariable({
    fallback: address.fallback,
    about: `Address of the API of ${title}. Read when CLOUD is ${name}.`,
    processes: ['worker'],
  });
  if (key === null) return [[address.variable, addressVariable]];
  const keyVariable = variable(z.string().regex(/^[\x21-\x7e]{16,200}$/), {
    mustBe: `${key.mustBe} (16 to 200 visible characters without spaces)`,
    about: `${key.about} Required when CLOUD is ${name}.`,
    processes: ['worker'],
    secret: true,
  });
  return [
    [address.variable, addressVariable],
    [key.variable, keyVariable],
  ];
}

/** A text that names a value for each cloud, as in "`2136` (simulator, vultr), `debian-12` (hetzner)". */
function perCloud(valueIn: (cloud: Cloud) => string): string {
  const byValue = Map.groupBy(cloudNames, (name) => valueIn(descriptorOf(name)));
  return [...byValue].map(([value, names]) => `\`${value}\` (${names.join(', ')})`).join(', ');
}

/** Widens the type, so that fields that only some clouds have can be read. */
function descriptorOf(name: CloudName): Cloud {
  return clouds[name];
}
