import { spawnSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keysOfDevice, newVpnSecrets, type VpnKeys, vpnKeysOf } from '#src/vpn/keys.ts';
import { addressesOf, tunnel } from '#src/vpn/tunnel.ts';

const wg = spawnSync('wg', ['--version']).error ? 'there is no wg here (wireguard-tools)' : null;
/** The secrets of a server that depend on the seed alone. */
const secretsOf = (seed: string) =>
  Buffer.concat([0, 1, 2, 3, 4].map((at) => createHash('sha256').update(`${at} ${seed}`).digest()));
const pairsOf = ({ server, devices, probe }: VpnKeys) => [server, ...devices.map(({ client }) => client), probe];

describe('the keys of a server', () => {
  test('have 32 bytes each in the form of wg, and all differ', () => {
    const texts = textsOf(vpnKeysOf(newVpnSecrets()));
    // A pair each for server, probe and five devices, and a preshared key each for probe and devices.
    expect(texts).toHaveLength(20);
    for (const text of texts) expect(text).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(new Set([...texts, ...textsOf(vpnKeysOf(newVpnSecrets()))]).size).toBe(40);
  });

  test('are clamped for Curve25519 if they are private', () => {
    for (let n = 0; n < 50; n++)
      for (const { privateKey } of pairsOf(vpnKeysOf(newVpnSecrets()))) expect(isClamped(privateKey)).toBe(true);
  });

  test('are the same if they are made of the same secrets', () => {
    const secrets = newVpnSecrets();
    expect(vpnKeysOf(secrets)).toEqual(vpnKeysOf(Buffer.from(secrets)));
    expect(() => vpnKeysOf(secrets.subarray(1))).toThrow('VPN secrets must have 160 bytes, not 159.');
  });

  if (wg) test.skip(`equal the public keys of wg: NOT TESTED, ${wg}`);
  else
    test('equal the public keys of wg', () => {
      for (const { privateKey, publicKey } of pairsOf(vpnKeysOf(newVpnSecrets()))) {
        const { stdout } = spawnSync('wg', ['pubkey'], { input: privateKey, encoding: 'utf8' });
        expect(stdout.trim()).toBe(publicKey);
      }
    });
});

describe('the keys of the devices', () => {
  const seeds = fc.tuple(fc.string(), fc.string()).filter(([one, other]) => one !== other);

  test('of any two servers all differ, and are the same each time they are derived', () => {
    fc.assert(
      fc.property(seeds, ([one, other]) => {
        const derived = [one, other].flatMap((seed) => textsOf(vpnKeysOf(secretsOf(seed)).devices));
        const again = [one, other].flatMap((seed) => textsOf(vpnKeysOf(secretsOf(seed)).devices));
        expect(again).toEqual(derived);
        expect(new Set(derived).size).toBe(30);
      }),
    );
  });

  test('after the first one are clamped, whatever the secrets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 160, maxLength: 160 }), (secrets) => {
        const [, ...others] = vpnKeysOf(Buffer.from(secrets)).devices;
        expect(others.map(({ client }) => isClamped(client.privateKey))).toEqual([true, true, true, true]);
      }),
    );
  });

  // Without the probe's private key, neither the machine nor the first device can derive them.
  test.each([0, 1, 2, 3, 4])('after the first one all change with secret %i of the server', (at) => {
    const [secrets, changed] = [secretsOf('ada'), secretsOf('ada')];
    changed.writeUInt8(changed.readUInt8(at * 32 + 9) ^ 1, at * 32 + 9);
    const [before, after] = [secrets, changed].map((bytes) => textsOf(vpnKeysOf(bytes).devices.slice(1)));
    expect(before?.filter((text) => after?.includes(text))).toEqual([]);
  });

  test('after the first one are HKDF-SHA256 of the secrets, and do not change from one version to the next', () => {
    const secrets = secretsOf('ada');
    for (const device of [2, 3, 4, 5]) {
      const expanded = hkdf(secrets, `GhostiFi VPN device ${device}`);
      const { client, presharedKey } = keysOfDevice(vpnKeysOf(secrets), device);
      expect(presharedKey).toBe(expanded.subarray(32).toString('base64'));
      const privateKey = Buffer.from(client.privateKey, 'base64');
      expect(privateKey.subarray(1, 31)).toEqual(expanded.subarray(1, 31));
    }
    expect(keysOfDevice(vpnKeysOf(secrets), 5).client.publicKey).toBe('y6aRddTyWj7rRjnUJG02YxLu2D4DTI4YBU1alXcs8hA=');
  });

  test('exist for devices 1 to 5 only', () => {
    const keys = vpnKeysOf(newVpnSecrets());
    for (const device of [0, 6, -1, 1.5]) expect(() => keysOfDevice(keys, device)).toThrow(RangeError);
  });
});

test('the addresses of devices differ from each other and from the server’s, and lie in its networks', () => {
  const all = [tunnel.server, ...[1, 2, 3, 4, 5].map(addressesOf)];
  expect(new Set(all.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6])).size).toBe(12);
  for (const { ipv4, ipv6 } of all) {
    expect(ipv4).toMatch(/^10\.73\.0\.[1-9]$/);
    expect(ipv6).toMatch(/^fd73:6769::[1-9]$/);
  }
  expect(tunnel.networks).toEqual(['10.73.0.0/24', 'fd73:6769::/64']);
});

/** 64 bytes of HKDF-SHA256 (RFC 5869) without a salt. */
function hkdf(secrets: Buffer, info: string): Buffer {
  const key = createHmac('sha256', Buffer.alloc(32)).update(secrets).digest();
  const first = createHmac('sha256', key).update(info).update(Buffer.of(1)).digest();
  return Buffer.concat([first, createHmac('sha256', key).update(first).update(info).update(Buffer.of(2)).digest()]);
}

function isClamped(privateKey: string): boolean {
  const bytes = Buffer.from(privateKey, 'base64');
  return ((bytes[0] ?? 0) & 7) === 0 && ((bytes[31] ?? 0) & 192) === 64;
}

function textsOf(keys: object): string[] {
  return Object.values(keys).flatMap((value) => (typeof value === 'string' ? [value] : textsOf(value)));
}
