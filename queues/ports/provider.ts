/** Whose machine it is; written into the provider's tags at creation, and the only proof of ownership we accept. */
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
  /** The provider's id, as text whatever the provider's own type. */
  readonly id: string;
  /** `gf-<server>-<generation>` for ours. Not unique at every provider. */
  readonly name: string;
  /** null: it carries no owner tag of this product, or one that cannot be read. */
  readonly owner: Owner | null;
  /** `running` is what the provider says; it is of use to us only once it also has an IPv4 address. */
  readonly state: 'pending' | 'running' | 'stopped';
  /** null until the provider has assigned one (never 0.0.0.0). */
  readonly ipv4: string | null;
  /** A host's address (never a network), null where there is none yet. */
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
  /** What cloud-init is to do at the first boot, as plain text that may hold keys; null: nothing. */
  readonly userData: string | null;
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
  /** What a machine of it costs a month, without VAT, with one IPv4 address; at the dearest of its locations. */
  readonly monthlyCost: number;
  /** What the provider bills in, as ISO 4217: USD, EUR. */
  readonly currency: string;
  /** Ids of the locations that have it in stock. */
  readonly locations: readonly string[];
}

export interface Catalogue {
  readonly locations: readonly Location[];
  readonly plans: readonly Plan[];
}

/**
 * A cloud, as the jobs need it. Every call has a deadline of its own, is never retried inside,
 * and rejects with a ProviderError (or with the signal's reason once it is aborted).
 */
export interface Provider {
  /** The configured name, stored with every machine: `simulator`, `vultr`, … */
  readonly name: string;
  /** How long after a create its machine may still be absent from lists, in ms. */
  readonly listLagMs: number;
  /** How long a process is to leave between the starts of two lists of so many machines, in ms: lists share a budget. */
  listIntervalMs(machines: number): number;
  /** A stable identity of the account behind the key, safe to store and to show. */
  account(signal: AbortSignal): Promise<string>;
  /** Every machine with this installation's tag, over all pages; rejects rather than answer in part. */
  list(installation: string, signal: AbortSignal): Promise<readonly CloudMachine[]>;
  /** Machines that carry exactly this owner tag, or this name (whoever owns them), over all pages. */
  find(name: string, owner: Owner, signal: AbortSignal): Promise<readonly CloudMachine[]>;
  /** null: the provider does not know the id (which proves absence only together with an empty look). */
  get(id: string, signal: AbortSignal): Promise<CloudMachine | null>;
  /**
   * Orders one machine. `unknown` means that it may exist: look before asking again.
   * The call is not abandoned when the signal aborts; only its own deadline (15 s) ends it.
   */
  create(spec: MachineSpec, signal: AbortSignal): Promise<CloudMachine>;
  /** Asks for removal and returns; the machine may stay listed for a while. Removing an absent one resolves. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Has the provider forget the user data of a machine that has read it, where it can: resolves without a call where
   * it offers none. Once this resolves, a key of the account no longer reads it. An absent machine resolves.
   */
  forgetUserData(id: string, signal: AbortSignal): Promise<void>;
  catalogue(signal: AbortSignal): Promise<Catalogue>;
}

export const providerFaults = [
  /** A create without an answer, or with a 5xx: the machine may or may not exist. */
  'unknown',
  /** Unreachable, timed out, or a 5xx where nothing was to be created. */
  'unavailable',
  'rate-limited',
  /** 401, or 403 in the sense of "this key may not", or 402 (an unpaid bill): a person's to mend, not the job's fault. */
  'not-allowed',
  /** Sold out, or the account's limit is reached. */
  'capacity',
  /** Locked, or an event is pending: wait and look again. */
  'busy',
  'name-taken',
  /** Any other 4xx, or an answer that is not what the provider documents. */
  'rejected',
] as const;
export type ProviderFault = (typeof providerFaults)[number];

/** A call to a provider that did not do what was asked. Its message carries the provider's words, and no secret. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly fault: ProviderFault;
  /** Set where the provider said how long to wait. */
  readonly retryAfterMs: number | null;

  constructor(fault: ProviderFault, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
