import { isIP } from 'node:net';
import type { Request } from 'express';

/**
 * The client's IP address: the one that the last trusted proxy has seen. Some proxies add its port, or brackets. Without
 * an address in X-Forwarded-For it is the proxy's own.
 */
export function clientAddress({ ip = '', socket }: Request): string {
  return addressIn(ip) ?? socket.remoteAddress ?? 'unknown';
}

const withPort = /^(?:\[([^\]]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5})$/;

/** The address in `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`; else null. */
function addressIn(text: string): string | null {
  const [, ipv6, ipv4] = withPort.exec(text) ?? [];
  const address = ipv6 ?? ipv4 ?? text;
  return isIP(address) === 0 ? null : address;
}
