import { type CloudName, clouds } from '#src/cloud/clouds.ts';
import { given } from './read.ts';
import type { CloudVariableName } from './variables/cloud.ts';
import type { Values } from './variables.ts';

export interface CloudConfig {
  readonly name: CloudName;
  readonly apiUrl: string;
  readonly apiKey: string;
  /** undefined: the driver's own. */
  readonly image: string | undefined;
}

/** The simulator accepts any key; it is no secret. */
const simulatorKey = 'simulator';

/** The cloud that CLOUD names, with the address and key of its own variables. */
export function cloudConfig(values: Values): CloudConfig {
  const name = given(values, 'CLOUD');
  const { address, key } = clouds[name];
  const apiKey = key === null ? simulatorKey : given(values, key.variable);
  return { name, apiUrl: given(values, address.variable), apiKey, image: values.MACHINE_IMAGE ?? undefined };
}

/** The variable that must hold the key of this cloud; null: none. */
export function requiredKey(name: CloudName): CloudVariableName | null {
  return clouds[name].key?.variable ?? null;
}

export function imageFaults({ CLOUD, MACHINE_IMAGE }: Values): string[] {
  if (MACHINE_IMAGE === null || CLOUD === null) return [];
  const { pattern, mustBe } = clouds[CLOUD].image;
  return pattern.test(MACHINE_IMAGE) ? [] : [`MACHINE_IMAGE must be ${mustBe}, as CLOUD is ${CLOUD}.`];
}
