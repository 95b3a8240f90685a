/** 198.18.0.0/15, reserved for tests of network devices (RFC 2544); large enough for 130,000 machines. */
const firstIpv4 = (198 << 24) | (18 << 16);
const networks = 512;
/** Per /24: .1 is the gateway, .0 and .255 are not host addresses. */
const hosts = 253;

/** Unique for serials up to 129,536; then the addresses repeat. */
export function ipv4Of(serial: number): string {
  const index = (serial - 1) % (networks * hosts);
  const address = firstIpv4 + Math.floor(index / hosts) * 256 + (index % hosts) + 2;
  return [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join('.');
}

export function gatewayOf(ipv4: string): string {
  return ipv4.replace(/\d+$/, '1');
}

/** A host in a /64 of its own in 2001:db8::/32, the range for documentation (RFC 3849). */
export function ipv6Of(serial: number): string {
  return `${networkOf(serial)}5400:00ff:fe00:0001`;
}

/** The /64 of `ipv6Of(serial)`, as in `2001:0db8:0000:0001::`. */
export function ipv6NetworkOf(serial: number): string {
  return `${networkOf(serial)}:`;
}

function networkOf(serial: number): string {
  const group = (value: number) => (value & 0xffff).toString(16).padStart(4, '0');
  return `2001:0db8:${group(serial >>> 16)}:${group(serial)}:`;
}
