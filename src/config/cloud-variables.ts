import { z } from 'zod';
import type { Cloud } from '#src/cloud/cloud.ts';
import { type CloudName, cloudNames, clouds } from '#src/cloud/clouds.ts';
import { type Variable, variable, webAddress } from './variable.ts';

type Descriptor = (typeof clouds)[CloudName];
export type CloudVariableName = Descriptor['address']['variable'] | NonNullable<Descriptor['key']>['variable'];

/** The address and key variables of every cloud. The cast only names the keys that `entriesOf` takes from the same list. */
export const cloudVariables = Object.fromEntries(cloudNames.flatMap(entriesOf)) as Record<
  CloudVariableName,
  Variable<string>
>;

/** The texts that name something for each cloud, as in "`2136` (simulator, vultr), `debian-12` (hetzner)". */
export const cloudTexts = {
  debian12: perCloud(({ image }) => image.debian12),
  ubuntu2404: perCloud(({ image }) => image.ubuntu2404),
  defaultPlans: perCloud(({ defaultPlan }) => defaultPlan.id),
  planRemarks: cloudNames.flatMap((name) => descriptorOf(name).defaultPlan.remark ?? []).join(' '),
} as const;

function entriesOf(name: CloudName): [string, Variable<string>][] {
  const { title, address, key } = descriptorOf(name);
  const addressVariable = variable(webAddress, {
    fallback: address.fallback,
    mustBe: 'an http address',
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

function perCloud(valueIn: (cloud: Cloud) => string): string {
  const byValue = Map.groupBy(cloudNames, (name) => valueIn(descriptorOf(name)));
  return [...byValue].map(([value, names]) => `\`${value}\` (${names.join(', ')})`).join(', ');
}

/** With the fields that only some clouds have, which the union of their exact types hides. */
function descriptorOf(name: CloudName): Cloud {
  return clouds[name];
}
