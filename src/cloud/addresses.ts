import { isIPv6 } from 'node:net';

/** The address in the short form of RFC 5952, which DNS providers use; null if the text is not an IPv6 address. */
export function shortIpv6(address: string | null | undefined): string | null {
  return address && isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : null;
}
