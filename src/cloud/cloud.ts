import type { Provider } from '#queues/ports/provider.ts';
import type { DriverOptions } from './driver-options.ts';
import type { SystemImages } from './system-images.ts';

/** The description of one cloud: its title, variables, default plan and driver. `clouds.ts` lists all by name. */
export interface Cloud {
  /** The name for use in a sentence, as in "the API of Hetzner Cloud". */
  readonly title: string;
  /** The variable with the address of the API, and the address if the variable is not set. */
  readonly address: { readonly variable: string; readonly fallback: string };
  /** null: the cloud is our own simulator, whose key is no secret. */
  readonly key: CloudKey | null;
  /** The cheapest plan with 1 GB of memory and an IPv4 address; `remark` is a sentence for the documentation. */
  readonly defaultPlan: { readonly id: string; readonly remark?: string };
  readonly image: ImageRule;
  /** Makes no call yet; throws if the key cannot be one. */
  open(options: DriverOptions): Provider;
}

/** The variable that holds the API key, and its texts in the documentation. */
interface CloudKey {
  readonly variable: string;
  /** Ends the sentence "NAME must be …". */
  readonly mustBe: string;
  readonly about: string;
}

/** The images of new machines if MACHINE_IMAGE is not set, and its allowed values. */
interface ImageRule extends SystemImages {
  readonly pattern: RegExp;
  /** Ends the sentence "MACHINE_IMAGE must be …". */
  readonly mustBe: string;
}

export const numberedImage = { pattern: /^\d{1,9}$/, mustBe: 'a number' } as const;
export const namedImage = { pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/, mustBe: 'a name in lower case' } as const;
