import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newVpnSecrets } from '#src/vpn/keys.ts';
import { createSealer, SealedError, sealedPrefixLength } from '#src/vpn/sealed.ts';

const current = randomBytes(32);
const old = randomBytes(32);
const sealer = createSealer({ current, old: null });
const secrets = newVpnSecrets();

describe('sealed VPN secrets', () => {
  test('open to their former content', () => {
    expect(sealer.open('srv-1', sealer.seal('srv-1', secrets))).toEqual(secrets);
  });

  test('have a different text each time, in which only the id of the key is readable', () => {
    const [one, two] = [sealer.seal('srv-1', secrets), sealer.seal('srv-1', secrets)];
    expect(one).toMatch(/^v1\.[0-9a-f]{16}\.[\w-]{16}\.[\w-]+$/);
    expect(one).not.toBe(two);
    expect(one.slice(0, sealedPrefixLength)).toBe(`v1.${sealer.keyId}.`);
    expect(Buffer.from(one.split('.')[3] ?? '', 'base64url').includes(secrets.subarray(0, 4))).toBe(false);
  });

  test('do not open in the row of another server', () => {
    expect(() => sealer.open('srv-2', sealer.seal('srv-1', secrets))).toThrow(
      /srv-2 are damaged, or belong to another/,
    );
  });

  test('do not open if any character was changed', () => {
    const sealed = sealer.seal('srv-1', secrets);
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'w' ? 'A' : 'w') + sealed.slice(at + 1);
      expect(() => sealer.open('srv-1', changed), String(at)).toThrow(SealedError);
    }
  });

  test.each([
    '',
    'v1',
    'nonsense',
    'v2.0000000000000000.AAAAAAAAAAAAAAAA.AAAA',
    'v1.0000000000000000.AAAAAAAAAAAAAAAA.',
  ])('of another form are refused: %j', (text) => {
    expect(() => sealer.open('srv-1', text)).toThrow(/a format that this version cannot read/);
  });

  test('of another key are refused, and the error has only the ids of both keys', () => {
    const other = createSealer({ current: old, old: null });
    const sealed = other.seal('srv-1', secrets);
    expect(() => sealer.open('srv-1', sealed)).toThrow(
      `The VPN keys of server srv-1 are sealed with the key ${other.keyId}, but SECRETS_KEY is ${sealer.keyId}: set the key ${other.keyId}.`,
    );
  });

  test('of the old key open while it is configured, and are not current', () => {
    const before = createSealer({ current: old, old: null });
    const both = createSealer({ current, old });
    const sealed = before.seal('srv-1', secrets);
    expect(both.open('srv-1', sealed)).toEqual(secrets);
    expect(both.isCurrent(sealed)).toBe(false);
    expect(both.isCurrent(both.seal('srv-1', secrets))).toBe(true);
    expect(both.keyId).toBe(sealer.keyId);
  });
});
