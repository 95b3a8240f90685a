import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import type { Statement } from '#db/statements.ts';
import { sceneOver } from '../../queues/payments/scene.ts';
import { secrets } from '../http/call-and-check.ts';
import { type PaymentsApi, startPaymentsApi } from '../http/routes/payments-api.ts';
import { emptyHome, runIn } from './cli-under-test.ts';

let its: PaymentsApi;
let database: Database;
let scene: ReturnType<typeof sceneOver>;
beforeAll(async () => {
  its = await startPaymentsApi();
  database = await openDatabase(`file:${its.api.databaseFile}`);
  scene = sceneOver(database, its.stripe);
});
afterAll(async () => {
  await database.close();
  await its.close();
});

function ghostifi(...args: string[]) {
  const home = emptyHome();
  writeFileSync(join(home, 'key'), secrets.operator);
  return runIn(home, args, { env: { GHOSTIFI_URL: its.api.url, GHOSTIFI_KEY_FILE: 'key' } });
}

it('a subscription is listed, shown with its payments, synchronised, and its portal opened', async () => {
  const id = scene.buy({ ghostifi_customer: 'alice', ghostifi_reference: 'order-1' });
  await scene.settle();
  const list = await ghostifi('subscriptions', 'list', '--customer', 'alice', '--standing', 'good');
  expect(list.out).toMatch(new RegExp(`^${id} +good +paid +– +alice +order-1 +vc2-1c-1gb`, 'm'));
  const shown = await ghostifi('subscriptions', 'show', id);
  expect(shown.out).toMatch(/^server +srv-\S+ \(running\)$/m);
  expect(shown.out).toMatch(/^Payments:\n\ninvoice +paid .*\n\S+ +9\.00 USD +– +–/m);
  expect(await ghostifi('subscriptions', 'sync', id, '--json')).toMatchObject({ code: 0 });
  expect(its.published).toContain(id);
  const portal = await ghostifi('subscriptions', 'portal', id, '--return-url', 'https://shop.test/account');
  expect(portal).toMatchObject({ code: 0, out: expect.stringMatching(/^https?:\S+\/portal\/bps_\S+\n$/) });
  expect(await ghostifi('subscriptions', 'show', 'sub_unseen')).toMatchObject({ code: 3 });
});

it('a held subscription is released with a plan and a location; then it is not held', async () => {
  scene.deps.offered = { locations: [], plans: [] } as unknown as typeof scene.deps.offered;
  const id = scene.buy({ ghostifi_customer: 'dora' });
  await scene.settle();
  scene.deps.offered = null;
  expect((await ghostifi('subscriptions', 'show', id)).out).toMatch(/^hold +unknown-plan$/m);
  const release = ['subscriptions', 'release', id, '--plan', 'vc2-1c-2gb', '--location', 'ams'];
  expect(await ghostifi(...release)).toMatchObject({ code: 0, out: expect.stringContaining('released') });
  scene.stripe.clock.advance(Math.max(0, Date.now() + 2_000 - scene.stripe.clock.now()));
  await scene.settle();
  expect(await ghostifi(...release)).toMatchObject({ code: 5, err: expect.stringContaining('not held') });
});

it('the money of a day shows sums in units that people use, and what is not known as unknown', async () => {
  expect((await ghostifi('money')).out).toContain('the first is written after the end of the first day');
  expect(await ghostifi('money', '2026-01-30')).toMatchObject({ code: 3 });
  await its.api.store.recordStatement({ statement, digest: 'd'.repeat(64), now: new Date() });
  expect((await ghostifi('money')).out).toMatch(/^2026-01-31 +no +3 +12\.34 EUR +9\.00 USD, 500 JPY +0 +unknown$/m);
  const { out } = await ghostifi('money', '2026-01-31');
  expect(out).toMatch(/^machines +3 billed, 2 owned, 1 unknown, 0 missing$/m);
  expect(out).toMatch(/^Paid for and without a running server: 101\n\nserver +status +since\nsrv-1 +failed +2026-/m);
  expect(out).not.toContain('Served and not paid for');
});

const none = { count: 0, first: [] };
const statement: Statement = {
  day: '2026-01-31',
  zone: 'UTC',
  from: '2026-01-31T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  writtenAt: '2026-02-01T00:05:00.000Z',
  complete: false,
  machines: { billed: 3, owned: 2, unknown: 1, missing: 0 },
  usage: null,
  estimate: 'hours',
  cost: [{ currency: 'EUR', amount: 1234 }],
  orphanCost: [],
  paid: [
    { currency: 'USD', amount: 900 },
    { currency: 'JPY', amount: 500 },
  ],
  refunded: [],
  disputed: [],
  margin: null,
  owed: { count: 101, first: [{ serverId: 'srv-1', status: 'failed', since: '2026-01-31T10:00:00.000Z' }] },
  servedUnpaid: none,
  payingForNothing: none,
  held: none,
  events: 4,
  eventsDigest: 'e'.repeat(64),
};
