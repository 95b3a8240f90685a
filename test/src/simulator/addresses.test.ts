import { isIPv4, isIPv6 } from 'node:net';
import { expect, it } from 'vitest';
import { gatewayOf, ipv4Of, ipv6NetworkOf, ipv6Of } from '#src/simulator/addresses.ts';

const serials = Array.from({ length: 129_536 }, (_, index) => index + 1);

it('each of 129,536 machines gets its own address in 198.18.0.0/15', () => {
  const addresses = new Set(serials.map(ipv4Of));
  expect(addresses.size).toBe(serials.length);
  expect([...addresses].every((address) => /^198\.1[89]\.\d+\.(?!0$|1$|255$)\d+$/.test(address))).toBe(true);
  expect([ipv4Of(1), ipv4Of(129_536)].every(isIPv4)).toBe(true);
  expect([ipv4Of(1), ipv4Of(129_536), ipv4Of(129_537)]).toEqual(['198.18.0.2', '198.19.255.254', '198.18.0.2']);
});

it('each machine gets its own /64 in 2001:db8::/32, and a host in it', () => {
  expect(new Set(serials.map(ipv6Of)).size).toBe(serials.length);
  for (const serial of [1, 65_536, 129_536]) {
    expect(isIPv6(ipv6Of(serial))).toBe(true);
    expect(isIPv6(ipv6NetworkOf(serial))).toBe(true);
    expect(ipv6Of(serial).startsWith(ipv6NetworkOf(serial).replace(/:$/, ''))).toBe(true);
  }
});

it('the gateway is in the same network', () => {
  expect(gatewayOf('198.18.7.42')).toBe('198.18.7.1');
});
