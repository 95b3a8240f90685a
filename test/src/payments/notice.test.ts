import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { noticeIn } from '#src/payments/stripe/notice.ts';

const samples = path.resolve(import.meta.dirname, '../../../../shared/contracts/stripe');

test('A snapshot names its object, and nothing else of its payload is read', () => {
  const object = { id: 'in_1', object: 'invoice', client_secret: 'secret' };
  const event = { id: 'evt_1', object: 'event', type: 'invoice.paid', created: 1_795_200_000, livemode: true };
  expect(noticeIn(Buffer.from(JSON.stringify({ ...event, data: { object } })))).toEqual({
    id: 'evt_1',
    type: 'invoice.paid',
    objectId: 'in_1',
    livemode: true,
    createdAt: new Date(1_795_200_000_000),
    form: 'snapshot',
    account: null,
  });
});

test('A thin event is named as its snapshot is', () => {
  const related_object = { id: 'sub_1', type: 'subscription', url: '/v1/subscriptions/sub_1' };
  const event = { id: 'evt_1', object: 'v2.core.event', type: 'v1.customer.subscription.updated', livemode: false };
  const body = JSON.stringify({ ...event, created: '2026-11-29T00:00:00Z', related_object });
  expect(noticeIn(Buffer.from(body))).toMatchObject({
    type: 'customer.subscription.updated',
    objectId: 'sub_1',
    form: 'thin',
    createdAt: new Date('2026-11-29T00:00:00Z'),
  });
});

test('An event of a connected account says so', () => {
  const event = { id: 'evt_1', object: 'event', type: 'invoice.paid', created: 1, livemode: false, account: 'acct_1' };
  expect(noticeIn(Buffer.from(JSON.stringify({ ...event, data: { object: {} } })))).toMatchObject({
    account: 'acct_1',
  });
});

test.for(['', 'null', '[]', '{"id": "evt_1"}', '{"id": "../../1", "object": "event"}'])('%s is no notice', (text) => {
  expect(noticeIn(Buffer.from(text))).toBe(null);
});

test.skipIf(!existsSync(samples)).for([
  ['checkout.session.completed', 'cs_test_a1GhostiFi0001'],
  ['customer.subscription.deleted', 'sub_1SGhostiFi0001'],
  ['invoice.paid', 'in_1SGhostiFi0001'],
])("Stripe's own sample of %s is a notice", ([type = '', objectId]) => {
  expect(noticeIn(readFileSync(path.join(samples, `${type}.json`)))).toMatchObject({ type, objectId });
});
