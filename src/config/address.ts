/** A host (an IPv6 address without brackets) and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Parses `host:port`; an IPv6 address is in brackets. */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: withoutBrackets(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
}

const sentinelPort = 26_379;

/** Parses Sentinels' addresses, separated by commas. One without a port has Sentinel's own. */
export function parseAddresses(text: string): Address[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.map((entry) => parseAddress(/:\d+$/.test(entry) ? entry : `${entry}:${sentinelPort}`));
}

export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
