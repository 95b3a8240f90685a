/** A host (an IPv6 address without brackets) and a UDP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Parses `host:port`; an IPv6 address is in brackets. */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: withoutBrackets(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
}

export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
