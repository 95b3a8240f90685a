import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';

const wg = spawnSync('wg', ['--version']).error ? 'there is no wg here (wireguard-tools)' : null;

describe('the keys of a server', () => {
  test('have 32 bytes each in the form of wg, and all differ', () => {
    const texts = textsOf(vpnKeysOf(newVpnSecrets()));
    expect(texts).toHaveLength(8);
    for (const text of texts) expect(text).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(new Set([...texts, ...textsOf(vpnKeysOf(newVpnSecrets()))]).size).toBe(16);
  });

  test('are clamped for Curve25519 if they are private', () => {
    for (let n = 0; n < 50; n++) {
      const { server, client, probe } = vpnKeysOf(newVpnSecrets());
      for (const { privateKey } of [server, client, probe]) {
        const bytes = Buffer.from(privateKey, 'base64');
        expect([(bytes[0] ?? 0) & 7, (bytes[31] ?? 0) & 192]).toEqual([0, 64]);
      }
    }
  });

  test('are the same if they are made of the same secrets', () => {
    const secrets = newVpnSecrets();
    expect(vpnKeysOf(secrets)).toEqual(vpnKeysOf(Buffer.from(secrets)));
    expect(() => vpnKeysOf(secrets.subarray(1))).toThrow('VPN secrets must have 160 bytes, not 159.');
  });

  if (wg) test.skip(`equal the public keys of wg: NOT TESTED, ${wg}`);
  else
    test('equal the public keys of wg', () => {
      const { server, client, probe } = vpnKeysOf(newVpnSecrets());
      for (const { privateKey, publicKey } of [server, client, probe]) {
        const { stdout } = spawnSync('wg', ['pubkey'], { input: privateKey, encoding: 'utf8' });
        expect(stdout.trim()).toBe(publicKey);
      }
    });
});

function textsOf(keys: object): string[] {
  return Object.values(keys).flatMap((value) => (typeof value === 'string' ? [value] : textsOf(value)));
}
