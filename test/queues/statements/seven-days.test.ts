import { expect, test } from 'vitest';
import { ask } from '#db/steps.ts';
import type { Billed } from '#queues/inventory/billed.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { addListing, usageSetting } from '#queues/statements/usage.ts';
import { writeStatement } from '#queues/statements/write-statement.ts';
import { cancelNow } from '#src/simulator/stripe/life.ts';
import { decideDispute, dispute, refund } from '#src/simulator/stripe/returns.ts';
import { day, hour } from '../payments/facts.ts';
import { type PaymentsScene, paymentsScene, signal } from '../payments/scene.ts';

const start = Date.UTC(2026, 10, 1);
const days = 7;
/** Between two listings of the cloud, in ms. */
const tick = hour / 2;
/** A new machine exists so long after the listing before. */
const bootMs = 10 * 60_000;
const monthlyCost = 5;
const plan = 'vc2-1c-1gb';
const catalogue: Catalogue = {
  locations: [{ id: 'ewr', city: 'Newark', country: 'US' }],
  plans: [{ id: plan, cpus: 1, memoryMb: 1_024, monthlyCost, currency: 'USD', locations: ['ewr'] }],
};

/** A machine in the book of the cloud; times in ms since 1970. */
interface Bill {
  readonly from: number;
  to: number | null;
  readonly isOrphan: boolean;
}

/** The cloud bills the machines that the service has ordered and not removed, and others. */
function openCloud({ database }: PaymentsScene) {
  const bills = new Map<string, Bill>();
  return {
    bills,
    /** Adds and ends bills as the service's jobs have made and removed machines. */
    follow: async (at: number): Promise<void> => {
      const rows = await database.read('machines', ({ db, t }) => ask(db.select().from(t.machines)));
      const living = new Set(rows.filter(({ state }) => state !== 'gone').map(({ providerId }) => providerId ?? ''));
      for (const id of living) if (!bills.has(id)) bills.set(id, { from: at + bootMs, to: null, isOrphan: false });
      for (const [id, bill] of bills) if (!bill.isOrphan && !living.has(id)) bill.to ??= at;
    },
    listing: (at: number): Billed => {
      const listed = [...bills].filter(([, { to }]) => to === null);
      const orphans = listed.filter(([, { isOrphan }]) => isOrphan).map(([id]) => id);
      const unknown = orphans.length;
      return {
        at: new Date(at),
        provider: 'simulator',
        machines: listed.map(([id, { from }]) => ({ id, plan, createdAt: new Date(from) })),
        orphanIds: new Set(orphans),
        counts: { billed: listed.length, owned: listed.length - unknown, unknown, missing: 0 },
      };
    },
  };
}
type Cloud = ReturnType<typeof openCloud>;

/** What a day must show, by the books of the cloud and of Stripe. */
function expected({ bills }: Cloud, { stripe: { book } }: PaymentsScene, number: number) {
  const [from, to] = [start + number * day, start + (number + 1) * day];
  const isWithin = (seconds: number | null) => seconds !== null && seconds * 1_000 >= from && seconds * 1_000 < to;
  const hoursOf = (isOrphan: boolean) =>
    [...bills.values()]
      .filter((bill) => bill.isOrphan === isOrphan)
      .reduce((sum, bill) => sum + Math.max(0, Math.min(bill.to ?? to, to) - Math.max(bill.from, from)) / hour, 0);
  const centsOf = (hours: number) => Math.round(((hours * monthlyCost) / 730) * 100 * 100) / 100;
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
  const [owned, orphaned] = [hoursOf(false), hoursOf(true)];
  return {
    hours: [owned, orphaned].filter((hours) => hours > 0).map((hours) => Math.round(hours * 1_000) / 1_000),
    cost: Math.round(centsOf(owned) + centsOf(orphaned)),
    orphanCost: Math.round(centsOf(orphaned)),
    paid: sum(
      book
        .all('invoice')
        .filter(({ status, status_transitions }) => status === 'paid' && isWithin(status_transitions.paid_at))
        .map(({ amount_paid }) => amount_paid),
    ),
    refunded: sum(
      book
        .all('refund')
        .filter(({ status, created }) => status === 'succeeded' && isWithin(created))
        .map(({ amount }) => amount),
    ),
  };
}

/** What happens, by the number of the tick. */
function storyOf(scene: PaymentsScene, { bills }: Cloud): Readonly<Record<number, () => void>> {
  const { book } = scene.stripe;
  const bought: string[] = [];
  const buy = () => void bought.push(scene.buy());
  const sub = (index: number) => scene.at(bought[index] ?? '');
  const money = { amount: null, metadata: {}, status: 'succeeded' } as const;
  const orphan = { from: start + 100 * tick, to: null as number | null, isOrphan: true };
  return {
    3: buy,
    10: buy,
    61: buy,
    75: () => refund(book, sub(0), money),
    80: () => refund(book, sub(1), { ...money, amount: 100 }),
    90: () => refund(book, sub(1), { ...money, amount: 50, status: 'failed' }),
    100: () => void bills.set('vps-orphan', orphan),
    155: () => {
      orphan.to = start + 155 * tick;
    },
    160: buy,
    170: () => dispute(book, sub(2)),
    200: () => decideDispute(book, sub(2), 'won'),
    // Stripe and the cloud are away from tick 210 to 220.
    213: buy,
    250: () => cancelNow(book, sub(3)),
    300: buy,
  };
}

const isAway = (number: number) => number >= 210 && number < 220;

test('the statements of seven days equal the books of the cloud and of Stripe', async () => {
  const scene = await paymentsScene();
  const { store, stripe } = scene;
  const cloud = openCloud(scene);
  const story = storyOf(scene, cloud);
  const now = () => new Date(stripe.clock.now());
  for (let number = 0; number <= days * 48 + 4; number++) {
    const at = start + number * tick;
    scene.pass(at - stripe.clock.now());
    stripe.mood = isAway(number) ? 'away' : 'well';
    if (!isAway(number)) {
      const before = (await store.readSetting(usageSetting))?.value ?? null;
      await store.putSetting(usageSetting, await addListing(before, cloud.listing(at), 'UTC'), now());
    }
    story[number]?.();
    if (!isAway(number)) {
      await scene.reconcile.runOnce(signal);
      await scene.settle();
      await cloud.follow(at);
    }
    const statement = { store, provider: 'simulator', hasPayments: true, zone: 'UTC', now };
    while ((await writeStatement({ ...statement, catalogue: async () => catalogue })) !== null);
  }
  const statements = (await store.readStatements({ limit: 50 })).toReversed().map(({ body }) => body);
  const amountOf = (amounts: readonly { amount: number }[] | null | undefined) =>
    amounts === null || amounts === undefined ? null : (amounts[0]?.amount ?? 0);
  const shown = statements.map(({ usage, cost, orphanCost, paid, refunded, complete }) => ({
    complete,
    hours: usage?.toSorted((one, other) => Number(one.isOrphan) - Number(other.isOrphan)).map(({ hours }) => hours),
    cost: amountOf(cost),
    orphanCost: amountOf(orphanCost),
    paid: amountOf(paid),
    refunded: amountOf(refunded),
  }));
  expect(shown).toEqual(
    Array.from({ length: days }, (_, number) => ({ complete: true, ...expected(cloud, scene, number) })),
  );
  expect(statements.map(({ disputed }) => amountOf(disputed))).toEqual([0, 0, 0, 900, -900, 0, 0]);
});
