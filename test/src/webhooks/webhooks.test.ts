import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhooks } from '#src/webhooks/webhooks.ts';
import { newWebhookSecret, webhookSealer } from '../../secrets-key.ts';
import { type Receiver, startReceiver, verified } from '../../webhook-receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const webhooks = createWebhooks(webhookSealer, { privateAddresses: 'allow' });
const { secret, secretSealed } = newWebhookSecret('hook-1');
const old = newWebhookSecret('hook-1');
const body = '{"type":"server.ready","data":{"customer":"Zoë"}}';
const send = async (changes: { oldSealed?: string; oldUntil?: Date } = {}, at = new Date()) => {
  const endpoint = { id: 'hook-1', url: receiver.url, secretSealed, oldSealed: null, oldUntil: null, ...changes };
  expect(await webhooks.send({ endpoint, messageId: 'msg_evt-1', body, at })).toMatchObject({ status: 204 });
  const last = receiver.received.at(-1);
  if (!last) throw new Error('Nothing was received.');
  return last;
};

test('a message verifies with the secret, and with no other', async () => {
  const received = await send();
  expect(verified(secret, received)).toEqual(JSON.parse(body));
  expect(() => verified(old.secret, received)).toThrow('No matching signature');
  expect(() => verified(secret, { ...received, body: body.replace('ready', 'failed') })).toThrow();
  expect(() => verified(secret, { ...received, headers: { ...received.headers, 'webhook-id': 'msg_2' } })).toThrow();
});

test('while a secret is rotated both verify, and afterwards only the new one', async () => {
  const until = new Date(Date.now() + 60_000);
  const during = await send({ oldSealed: old.secretSealed, oldUntil: until });
  expect(during.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
  for (const one of [secret, old.secret]) expect(verified(one, during)).toEqual(JSON.parse(body));
  const after = await send({ oldSealed: old.secretSealed, oldUntil: new Date(Date.now() - 1) });
  expect(() => verified(old.secret, after)).toThrow();
});

test('a secret is whsec_ and 32 bytes, and sealed for its endpoint only', async () => {
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(secretSealed).not.toContain(secret.slice(6));
  const endpoint = { id: 'hook-2', url: receiver.url, secretSealed, oldSealed: null, oldUntil: null };
  await expect(async () => webhooks.send({ endpoint, messageId: 'msg_1', body, at: new Date() })).rejects.toThrow(
    'The secrets of webhook hook-2 are damaged',
  );
});
