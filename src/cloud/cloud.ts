import type { Provider } from '#queues/ports/provider.ts';
import type { DriverOptions } from './driver-options.ts';

/** Everything the program has to know about one cloud besides its driver; `clouds.ts` lists them under their names. */
export interface Cloud {
  /** The name in sentences, as in "the API of Hetzner Cloud". */
  readonly title: string;
  /** The variable that holds the address of the API, and the address that is used without it. */
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

/** What MACHINE_IMAGE may be. */
interface ImageRule {
  /** The one that machines get without MACHINE_IMAGE. */
  readonly debian12: string;
  readonly ubuntu2404: string;
  readonly pattern: RegExp;
  /** Ends the sentence "MACHINE_IMAGE must be …". */
  readonly mustBe: string;
}

export const numberedImage = { pattern: /^\d{1,9}$/, mustBe: 'a number' } as const;
export const namedImage = { pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/, mustBe: 'a name in lower case' } as const;
