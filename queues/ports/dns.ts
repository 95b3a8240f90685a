/** The addresses that a server's name points at. */
export interface Addresses {
  readonly ipv4: string;
  /** In the short form of RFC 5952; null: the name gets no IPv6 address. */
  readonly ipv6: string | null;
}

/**
 * The names of servers. No call makes retries, and each request in it has its own deadline. Every call rejects with a
 * DnsError, or with the signal's reason once that is aborted.
 */
export interface Dns {
  /** The configured name, for messages: `cloudflare`. */
  readonly name: string;
  /** Every address that the name has now, of both families; empty if the name is in no zone. */
  read(hostname: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Gives the name exactly one IPv4 address and, if there is one, one IPv6 address, with a short TTL and not proxied.
   * Resolves once the records are read back: true if any was changed. The name has an address at every moment in
   * between. A second call changes nothing.
   */
  point(hostname: string, addresses: Addresses, signal: AbortSignal): Promise<boolean>;
  /**
   * Removes these addresses from the name, and no others. Resolves once the records are read back, also if an address
   * is absent or the name is in no zone.
   */
  remove(hostname: string, addresses: readonly string[], signal: AbortSignal): Promise<void>;
  /** Removes these addresses and all that this installation gave the name; true if there was any. */
  clear(hostname: string, addresses: readonly string[], signal: AbortSignal): Promise<boolean>;
}

export const dnsFaults = [
  /** Unreachable, timed out, a 5xx, or a write that cannot be read back: the change may have been made. */
  'unavailable',
  'rate-limited',
  /** 401 or 403: an error of the configuration, and not the job's fault. */
  'not-allowed',
  /** The name is in no active zone that the token can read. Only `point` fails with it. */
  'no-zone',
  /** Any other 4xx, such as for a CNAME with the same name or a full zone. */
  'rejected',
] as const;
export type DnsFault = (typeof dnsFaults)[number];

/** Whether the error is about one name, so that calls about other names may succeed. */
export function concernsOneName({ fault }: DnsError): boolean {
  return fault === 'rejected' || fault === 'no-zone';
}

/** A failed call to the DNS. Its message includes the DNS's message, and no secret. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly fault: DnsFault;
  /** null: the DNS did not say how long to wait. */
  readonly retryAfterMs: number | null;

  constructor(fault: DnsFault, message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
