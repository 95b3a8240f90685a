import { isIPv6 } from 'node:net';

/** In the short form of RFC 5952, which DNS providers use; null for what is no address. */
export function shortIpv6(address: string | null | undefined): string | null {
  return address && isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : null;
}
