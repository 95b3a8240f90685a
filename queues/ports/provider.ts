/**
 * The server that a machine belongs to. The machine carries it in its tags from its creation on; no other proof counts.
 */
export interface Owner {
  readonly installation: string;
  readonly serverId: string;
}

/** Whether both owner tags name the same server of the same installation; null: a machine without an owner tag. */
export function sameOwner(one: Owner | null, other: Owner): boolean {
  return one?.installation === other.installation && one.serverId === other.serverId;
}

/** A machine as the provider describes it now. */
export interface CloudMachine {
  /** The provider's id, always as text. */
  readonly id: string;
  /** `gf-<server>-<generation>` for a machine of this product. Not unique at every provider. */
  readonly name: string;
  /** null: the machine carries no owner tag of this product, or one that cannot be parsed. */
  readonly owner: Owner | null;
  /** The provider's view. A running machine is usable only once it also has an IPv4 address. */
  readonly state: 'pending' | 'running' | 'stopped';
  /** null until the provider has assigned one (never 0.0.0.0). */
  readonly ipv4: string | null;
  /** A host's address, never a network; null: none yet. */
  readonly ipv6: string | null;
  readonly location: string;
  readonly plan: string;
  readonly createdAt: Date;
}

export interface MachineSpec {
  readonly name: string;
  readonly owner: Owner;
  readonly location: string;
  readonly plan: string;
  /** Instructions for cloud-init at the first boot, as plain text that may hold keys; null: none. */
  readonly userData: string | null;
  /** The provider's name or number of the image. Not given: the first of the provider's `images`. */
  readonly image?: string;
}

export interface Location {
  readonly id: string;
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface Plan {
  readonly id: string;
  readonly cpus: number;
  readonly memoryMb: number;
  /** The price of one machine with one IPv4 address a month, without VAT, at the most expensive location. */
  readonly monthlyCost: number;
  /** The currency of the provider's bills, as ISO 4217: USD, EUR. */
  readonly currency: string;
  /** Ids of the locations that have it in stock. */
  readonly locations: readonly string[];
  /** Ids of the locations that sell it, also while it is sold out there. Not given: the provider does not say. */
  readonly soldIn?: readonly string[];
}

export interface Catalogue {
  readonly locations: readonly Location[];
  readonly plans: readonly Plan[];
  /** The names and numbers of all images. Not given: the key may not list them, or an older version has read it. */
  readonly images?: readonly string[];
}

/**
 * A cloud. Every call has its own deadline, makes no retries, and rejects with a ProviderError, or with the signal's
 * reason once that is aborted.
 */
export interface Provider {
  /** The configured name, stored with every machine: `simulator`, `vultr`, … */
  readonly name: string;
  /** How long after a create its machine may still be absent from lists, in ms. */
  readonly listLagMs: number;
  /** The images for new machines, the preferred first: the configured one, or all that we support. */
  readonly images: readonly string[];
  /**
   * How long after an accepted order its machine may be absent even from a read by its id, in ms. Until then no absence
   * proves that it is gone.
   */
  readonly shownWithinMs: number;
  /** The shortest time between the starts of two listings of this many machines by one process, in ms. */
  listIntervalMs(machines: number): number;
  /** The same for two minutes at most, while machines have no address yet. */
  hurriedListIntervalMs(machines: number): number;
  /** A stable identifier of the key's account, safe to store and to show. */
  account(signal: AbortSignal): Promise<string>;
  /** Every machine with this installation's tag, from all pages. Rejects if any page is missing. */
  list(installation: string, signal: AbortSignal): Promise<readonly CloudMachine[]>;
  /** All machines that carry exactly this owner tag, or this name with any owner, from all pages. */
  find(name: string, owner: Owner, signal: AbortSignal): Promise<readonly CloudMachine[]>;
  /** All machines with exactly this name, of any owner, from all pages: the half of `find`, in half of its calls. */
  findNamed(name: string, signal: AbortSignal): Promise<readonly CloudMachine[]>;
  /** null: the provider has no such id. That proves absence only together with an empty `find`. */
  get(id: string, signal: AbortSignal): Promise<CloudMachine | null>;
  /**
   * Orders one machine. After the fault `unknown` the machine may exist: look before the next order.
   * An abort does not end a call that is under way; only its own deadline (15 s) does.
   */
  create(spec: MachineSpec, signal: AbortSignal): Promise<CloudMachine>;
  /** Requests the removal and returns; the machine may stay listed for a while. Removing an absent machine resolves. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Deletes the user data at the provider, for a machine that has read it. Once this resolves, a key of the account
   * can no longer read it. Resolves with the machine as it is now. null: it is absent, or the provider has no such
   * function, which takes no call.
   */
  forgetUserData(id: string, signal: AbortSignal): Promise<CloudMachine | null>;
  /**
   * Deletes the tag of a server whose machines are all gone, for a provider that keeps tags without machines; null: no
   * tag stays. A tag that a machine still has stays.
   */
  readonly forgetOwner: ((owner: Owner, signal: AbortSignal) => Promise<void>) | null;
  catalogue(signal: AbortSignal): Promise<Catalogue>;
}

export const providerFaults = [
  /** A create without an answer, or with a 5xx: the machine may exist. */
  'unknown',
  /** Timed out, or a 5xx, in any call but a create; or no connection, in any call. */
  'unavailable',
  'rate-limited',
  /**
   * 401, 402, 403, or words about an account, payment, permission, verification or token: a person has to fix it, and it
   * is not the job's fault.
   */
  'not-allowed',
  /** Sold out, or the account's limit is reached: the job waits, without using attempts, until its deadline. */
  'capacity',
  /** The provider does not have the image: orders wait until it is back or another one is configured. */
  'no-image',
  /** The provider does not sell the plan at the location: a person must decide. A paid order waits for that. */
  'not-offered',
  /** The machine is locked, or an event is pending: wait and look again. */
  'busy',
  'name-taken',
  /** Any other 4xx, or an answer that differs from the provider's documentation. Nobody knows what helps, so it is tried again. */
  'rejected',
] as const;
export type ProviderFault = (typeof providerFaults)[number];

interface ProviderErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly madeNothing?: boolean;
  readonly cause?: unknown;
}

/** A failed call to a provider. Its message includes the provider's message, and no secret. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly fault: ProviderFault;
  /** null: the provider did not say how long to wait. */
  readonly retryAfterMs: number | null;
  /**
   * For a create: the order was refused, or never sent. Otherwise it may have made a machine. With the fault
   * `unavailable`, of any call: no connection could be opened, so it was never sent.
   */
  readonly madeNothing: boolean;

  constructor(fault: ProviderFault, message: string, options: ProviderErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.madeNothing = options.madeNothing ?? false;
  }
}
