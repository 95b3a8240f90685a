import { type LookupAddress, lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** News is not sent to such an address: it is none of the public internet. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

const notPublic = 'is not an address of the public internet.';

/** Whether the address is unicast and public. An IPv4 address in IPv6 is judged as IPv4. */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** Throws AddressRefusedError if the host of the URL is itself an address that is not public. Node looks up no address. */
export function assertPublicLiteral({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host) && !isPublic(host)) throw new AddressRefusedError(`${host} ${notPublic}`);
}

/**
 * The lookup of a connection, which takes exactly the addresses that it has checked: a name that leads elsewhere a moment
 * later is not looked up again. One address that is not public refuses the name.
 */
export function guardedLookup(lookup: LookupFunction = resolve): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const addresses = listOf(found);
      const refused = addresses.find(({ address }) => !isPublic(address));
      if (refused)
        return callback(new AddressRefusedError(`${hostname} leads to ${refused.address}, which ${notPublic}`), '', 0);
      const [first] = addresses;
      if (options.all || !first) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function listOf(found: string | LookupAddress[]): LookupAddress[] {
  return typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
}
