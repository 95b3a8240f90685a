import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isWellFormed, newSecret, withoutSecrets } from '#src/keys/secret.ts';
import { newSecret as newWebhookSecret } from '#src/webhooks/secrets.ts';

describe('a secret', () => {
  test('has its form, and is another one each time', () => {
    const secrets = Array.from({ length: 100 }, newSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) {
      expect(secret).toMatch(/^gf_[0-9A-Za-z]{38}$/);
      expect(isWellFormed(secret)).toBe(true);
    }
  });

  test('uses all 62 characters', () => {
    const text = Array.from({ length: 100 }, () => newSecret().slice(3, 35)).join('');
    expect(new Set(text).size).toBe(62);
  });

  test('ends with the CRC-32 of its random part in base 62', () => {
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const secret = newSecret();
    const value = [...secret.slice(35)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0);
    expect(value).toBe(crc32(secret.slice(3, 35)));
  });

  test('with one wrong character is not well-formed, nor with two that are swapped', () => {
    const secret = 'gf_0123456789ABCDEFGHIJKLMNOPQRSTUV';
    const right = `${secret}${checkOf(secret.slice(3))}`;
    expect(isWellFormed(right)).toBe(true);
    for (let at = 0; at < right.length; at += 1) {
      const other = right[at] === 'x' ? 'y' : 'x';
      expect(isWellFormed(right.slice(0, at) + other + right.slice(at + 1)), `at ${at}`).toBe(false);
      const swapped = right.slice(0, at) + (right[at + 1] ?? '') + right[at] + right.slice(at + 2);
      if (swapped !== right) expect(isWellFormed(swapped), `swapped at ${at}`).toBe(false);
    }
  });

  test.each(['', 'gf_', 'wrong', ` ${newSecret()}`, `${newSecret()}\n`, newSecret().replace('gf_', 'GF_')])(
    'is not %j',
    (text) => expect(isWellFormed(text)).toBe(false),
  );
});

describe('a text without secrets', () => {
  test('names the kind of each that it had', () => {
    expect(withoutSecrets(`a ${newSecret()}, b ${newSecret()}`)).toBe('a gf_…, b gf_…');
    const webhook = newWebhookSecret();
    expect(withoutSecrets(`for ${webhook} and ${newSecret()}`)).toBe('for whsec_… and gf_…');
    expect(withoutSecrets(`/v1/webhooks/${encodeURIComponent(webhook)}`)).toBe('/v1/webhooks/whsec_…');
    expect(withoutSecrets('whsec_of_the_flows_of_payments')).toBe('whsec_…');
  });

  test.each(['gf_ and whsec_ are prefixes', 'gf_short', 'whsec_…'])('is %j itself', (text) =>
    expect(withoutSecrets(text)).toBe(text),
  );
});

function checkOf(random: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const values = [5, 4, 3, 2, 1, 0].map((power) => Math.floor(crc32(random) / 62 ** power) % 62);
  return values.map((value) => digits[value]).join('');
}
