import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { redact } from '#src/cloud/redact.ts';

const apiKey = 'a key/with+100% "odd" signs\\';

describe('a quote of a provider', () => {
  test.each([
    ['as it is', apiKey],
    ['in a URL', encodeURIComponent(apiKey)],
    ['in JSON', JSON.stringify(apiKey).slice(1, -1)],
  ])('contains no API key %s', (_form, quoted) => {
    expect(redact(`Key ${quoted} is bad, ${quoted}.`, [apiKey])).toBe('Key [secret] is bad, [secret].');
  });

  test.each(['base64', 'hex'] as const)('contains no VPN key in %s', (form) => {
    const key = Buffer.alloc(32, 0x5a).toString(form);
    expect(redact(`PrivateKey = ${key}\nPresharedKey = ${key};`, [])).toBe('PrivateKey = […] PresharedKey = […];');
  });

  test('contains no user data', () => {
    const userData = randomBytes(3_000).toString('base64');
    expect(redact(`user_data "${userData}" is too long`, [])).toBe('user_data "[…]" is too long');
  });

  test('keeps ids, names and paths', () => {
    const text = 'Instance 4f0f12e5-1f84-404f-aa84-85f431ea5ec2 of gf-x1f0abcdefghijklmnopqrst-12 at /v2/instances.';
    expect(redact(text, [])).toBe(text);
  });

  test('loses no other text to an empty secret', () => {
    expect(redact('Not allowed.', [''])).toBe('Not allowed.');
  });

  test('is cut only after its secrets are removed', () => {
    const key = Buffer.alloc(32, 0x5a).toString('base64');
    for (const secret of [apiKey, key]) {
      const quote = redact(`${'x y '.repeat(74)}${secret}`, [apiKey]);
      expect(quote).not.toContain(secret.slice(0, 4));
      expect(quote.length).toBeLessThanOrEqual(301);
    }
  });
});
