/** Where a server's name shall point. */
export interface Addresses {
  readonly ipv4: string;
  /** In the short form of RFC 5952; null: the name gets no IPv6 address. */
  readonly ipv6: string | null;
}

/**
 * The names of servers, as the jobs need them. No call is retried inside; each part of one has a deadline of its own,
 * and rejects with a DnsError (or with the signal's reason once it is aborted).
 */
export interface Dns {
  /** The configured name, for messages: `cloudflare`. */
  readonly name: string;
  /** Every address that the name has now, of both families; none where it lies in no zone. */
  read(hostname: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Gives the name exactly one IPv4 and, where there is one, one IPv6 address, short-lived and asked for at the machine
   * itself, and resolves once that is read back: whether anything had to be changed. The name has an address at every
   * moment in between; a second call changes nothing.
   */
  point(hostname: string, addresses: Addresses, signal: AbortSignal): Promise<boolean>;
  /** Takes these addresses from the name and no others; resolves once that is read back. Absent ones are fine, and so is a name in no zone. */
  remove(hostname: string, addresses: readonly string[], signal: AbortSignal): Promise<void>;
  /** As `remove`, and with these every address that this installation gave the name: whether there was any. */
  clear(hostname: string, addresses: readonly string[], signal: AbortSignal): Promise<boolean>;
}

export const dnsFaults = [
  /** Unreachable, timed out, a 5xx, or what was written cannot be read back: what was asked may be done or not. */
  'unavailable',
  'rate-limited',
  /** 401, 403: configuration, not the job's fault. */
  'not-allowed',
  /** The name lies in no zone that the token knows and that answers: only `point` fails so. */
  'no-zone',
  /** Any other refusal, such as a CNAME with the same name, or a zone that is full. */
  'rejected',
] as const;
export type DnsFault = (typeof dnsFaults)[number];

/** Whether it says something of one name, and nothing of what would come of the others. */
export function concernsOneName({ fault }: DnsError): boolean {
  return fault === 'rejected' || fault === 'no-zone';
}

/** A call to the DNS that did not do what was asked. Its message carries the DNS's words, and no secret. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly fault: DnsFault;
  /** Set where the DNS said how long to wait. */
  readonly retryAfterMs: number | null;

  constructor(fault: DnsFault, message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
