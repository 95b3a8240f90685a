import { expect, test } from 'vitest';
import { createVerifier } from '#src/payments/stripe/signature.ts';
import { signatureOf } from '#src/simulator/stripe/hooks.ts';

const now = new Date('2026-11-29T00:00:00Z');
const seconds = now.getTime() / 1_000;
const body = Buffer.from('{"id": "evt_1"}');

test('A signature by any of the secrets is right', async () => {
  const verify = createVerifier(['whsec_old', 'whsec_new']);
  for (const secret of ['whsec_old', 'whsec_new']) {
    expect(await verify(body, signatureOf(secret, body.toString(), seconds), now)).toBe(true);
  }
  expect(await verify(body, signatureOf('whsec_other', body.toString(), seconds), now)).toBe(false);
});

test.for<[number, boolean]>([
  [-300, true],
  [-301, false],
  [300, true],
  [301, false],
])('A signature that is %i s from now', async ([away, expected]) => {
  const verify = createVerifier(['whsec_1']);
  expect(await verify(body, signatureOf('whsec_1', body.toString(), seconds + away), now)).toBe(expected);
});

test('A changed body, a body that was written anew, and a header that is not one are wrong', async () => {
  const verify = createVerifier(['whsec_1']);
  const header = signatureOf('whsec_1', body.toString(), seconds);
  expect(await verify(Buffer.from('{"id": "evt_2"}'), header, now)).toBe(false);
  expect(await verify(Buffer.from(JSON.stringify(JSON.parse(body.toString()))), header, now)).toBe(false);
  for (const wrong of ['', 'v1=00', `${header}, ${header}`, header.replace('v1=', 'v0=')]) {
    expect(await verify(body, wrong, now)).toBe(false);
  }
});
