import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { seeded } from '#src/simulator/seeded.ts';
import type { Book } from '#src/simulator/stripe/book.ts';
import {
  cancelAt,
  cancelNow,
  changePrice,
  collect,
  pause,
  recover,
  refuseCard,
  renew,
} from '#src/simulator/stripe/life.ts';
import { decideDispute, dispute, refund } from '#src/simulator/stripe/returns.ts';
import type { EventRecord, Subscription } from '#src/simulator/stripe/shapes.ts';
import { manualClock } from '../../src/simulator/manual-clock.ts';
import { day, hour } from './facts.ts';
import { noticeOf, type PaymentsScene, sceneOver, signal } from './scene.ts';
import { stripeInMemory } from './stripe-in-memory.ts';

/** A full proof, which takes minutes: LIVES=300. Every run has other lives. */
const lives = Number(process.env.LIVES ?? 100);
const shuffles = 20;

let folder: string;
let database: Database;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-lives-'));
  database = await openDatabase(`file:${join(folder, 'lives.db')}`, { sync: () => Promise.resolve() });
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

type Act = (book: Book, subscription: Subscription) => void;
const money = { amount: null, metadata: {}, status: 'succeeded' } as const;
const isLive = ({ status }: Subscription) => status !== 'canceled' && status !== 'incomplete_expired';
const whileLive =
  (act: Act): Act =>
  (book, subscription) => {
    if (isLive(subscription)) act(book, subscription);
  };
const nextPeriod: Act = (book, subscription) => {
  if (subscription.status === 'incomplete' || subscription.status === 'paused') return;
  renew(book, subscription);
  collect(book, subscription);
};

/** What can happen in a life, besides the time that passes. */
const acts: Readonly<Record<string, Act>> = {
  renew: whileLive(nextPeriod),
  fail: whileLive((book, subscription) => {
    refuseCard(book, subscription);
    nextPeriod(book, subscription);
  }),
  recover: whileLive(recover),
  refund: (book, subscription) => refund(book, subscription, money),
  'refund a part': (book, subscription) => refund(book, subscription, { ...money, amount: 100 }),
  'refund in vain': (book, subscription) => refund(book, subscription, { ...money, status: 'failed' }),
  'refund and keep': (book, subscription) => refund(book, subscription, { ...money, metadata: { ghostifi: 'keep' } }),
  dispute,
  win: (book, subscription) => decideDispute(book, subscription, 'won'),
  lose: (book, subscription) => decideDispute(book, subscription, 'lost'),
  'cancel at the end': whileLive((book, subscription) =>
    cancelAt(book, subscription, subscription.items.data[0]?.current_period_end ?? null),
  ),
  undo: whileLive((book, subscription) => cancelAt(book, subscription, null)),
  cancel: whileLive(cancelNow),
  pause: whileLive(pause),
  'change the plan': whileLive((book, subscription) => {
    const price = subscription.items.data[0]?.price.id;
    changePrice(book, subscription, price === 'price_vc21c2gb' ? 'price_vc21c1gb' : 'price_vc21c2gb');
  }),
};

interface Life {
  readonly how: 'paid' | 'later' | 'bank';
  readonly turns: readonly { readonly act: string; readonly wait: number }[];
}

const lifeOf = fc.record<Life>({
  how: fc.constantFrom('paid', 'paid', 'paid', 'later', 'bank'),
  turns: fc.array(
    fc.record({
      act: fc.constantFrom(...Object.keys(acts)),
      wait: fc.constantFrom(0, hour, day, 3 * day, 8 * day, 15 * day),
    }),
    { minLength: 1, maxLength: 7 },
  ),
});

/** How notices reach the service. */
interface Delivery {
  /** The notices that are recorded now, of those that wait; they are taken out. */
  take(waiting: EventRecord[]): EventRecord[];
  /** Bodies that are recorded for one event. */
  forms: readonly ('snapshot' | 'thin')[];
}

const inOrder: Delivery = { take: (waiting) => waiting.splice(0), forms: ['snapshot'] };

/** Late, in any order, twice, in both forms, and some never. */
function shuffled(seed: string): Delivery {
  const random = seeded(seed);
  const drop = random() < 0.2 ? 1 : random() * 0.7;
  return {
    take: (waiting) => {
      const heard: EventRecord[] = [];
      for (const event of waiting.splice(0)) {
        if (random() < drop) continue;
        if (random() < 0.3) waiting.push(event);
        heard.push(event, ...(random() < 0.3 ? [event] : []));
      }
      return heard.toSorted(() => random() - 0.5);
    },
    forms: ['snapshot', 'thin'],
  };
}

const stepsOfWait = 3;

/** Lives the life with its notices delivered so, and returns what is left in the end. */
async function live({ how, turns }: Life, delivery: Delivery): Promise<unknown> {
  await empty();
  const inMemory = await stripeInMemory(manualClock(Date.UTC(2026, 10, 1)));
  const stripe = { ...inMemory, payments: inMemory.quickPayments };
  const scene = sceneOver(database, stripe);
  const { book, clock } = stripe;
  const waiting: EventRecord[] = [];
  book.onEvent((event) => waiting.push(event));
  const id = scene.buy({ ghostifi_customer: 'alice', ghostifi_reference: 'order-1' }, how);
  let at = clock.now();
  // The time of a turn does not depend on how often the service has looked at the clock.
  const passUntil = (time: number) => scene.pass(Math.max(0, time - clock.now()));
  await hear(scene, delivery, waiting);
  for (const { act, wait } of turns) {
    acts[act]?.(book, scene.at(id));
    for (let step = 1; step <= stepsOfWait; step++) {
      await hear(scene, delivery, waiting);
      passUntil(at + Math.round((wait * step) / stepsOfWait) + 1_000 * step);
      if (wait === 0) break;
    }
    at += wait + 1_000 * stepsOfWait;
    passUntil(at);
  }
  await reconcile(scene);
  return stateOf(scene, id);
}

async function hear(scene: PaymentsScene, { take, forms }: Delivery, waiting: EventRecord[]): Promise<void> {
  const heard = take(waiting);
  for (const form of heard.length > 0 ? forms : []) {
    await scene.store.recordNotices(
      heard.map((event) => ({ ...noticeOf(event), form })),
      scene.deps.now(),
    );
  }
  await lookAndWork(scene);
}

async function lookAndWork(scene: PaymentsScene): Promise<void> {
  const before = scene.published.length;
  await scene.look();
  if (scene.published.length > before) await scene.work();
}

/** Polling finds what no webhook brought, also what it causes itself. */
async function reconcile(scene: PaymentsScene): Promise<void> {
  for (let polls = 0; polls < 3; polls++) {
    await scene.store.putSetting({ name: 'stripe-polled', isValue: isNumber }, 0, scene.deps.now());
    await scene.reconcile.runOnce(signal);
    await lookAndWork(scene);
    // A look is due an hour after a rebuild that changes the plan.
    scene.stripe.clock.advance(70 * 60_000);
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/**
 * The rows and the cloud, without what depends on chance and on the time of the looks. A held subscription has a
 * suspended server, or none if no look ever saw it good: both are without a machine.
 */
async function stateOf({ store, database }: PaymentsScene, id: string): Promise<unknown> {
  const found = await store.readSubscriptionInFull(id);
  const servers = await store.readServers({ limit: 50 });
  const alive = servers.filter(({ server }) => server.status !== 'destroyed' && server.status !== 'suspended');
  const { machines } = await rowsOf(database);
  const row = found && { ...found.subscription, ...nothing };
  return {
    row,
    payments: found?.payments
      .map(({ invoiceId: _, subscriptionId: __, ...payment }) => payment)
      .toSorted((one, other) => one.periodEnd.getTime() - other.periodEnd.getTime()),
    alive: alive.map(({ server: { status, plan, location, heldReason } }) => ({ status, plan, location, heldReason })),
    machines: machines.map(({ state, plan }) => `${state} ${plan}`),
    waiting: await store.countDueLooks(new Date(8.64e15 - 1)),
  };
}

const ids = { id: '', stripeCustomer: '', paidInvoice: null, openInvoice: null, markedServer: null, cause: null };
const nothing = { ...ids, syncedAt: null, holdSince: null };

async function rowsOf(database: Database) {
  return database.read('rows', function* ({ db, t }) {
    return { machines: (yield* ask(db.select().from(t.machines))).filter(({ state }) => state !== 'gone') };
  });
}

/** Events stay, as the database keeps them. */
function empty(): Promise<void> {
  const body = function* ({ db, t }: Context): Steps<void> {
    const { events: _, purchases, servers, machines, jobs, payments, subscriptions, ...rest } = t;
    const inOrder = [...Object.values(rest), payments, subscriptions, jobs, machines, servers, purchases];
    for (const table of inOrder) yield* ask(db.delete(table));
  };
  return database.transact('empty', body, { busyTimeoutMs: 5_000 });
}

test(`${lives} random lives end the same in order and in ${shuffles} shuffles, with drops, copies and both forms`, async () => {
  let run = 0;
  const property = fc.asyncProperty(lifeOf, fc.string({ minLength: 1 }), async (life, seed) => {
    run += 1;
    const expected = await live(life, inOrder);
    for (let shuffle = 0; shuffle < shuffles; shuffle++) {
      expect(await live(life, shuffled(`${seed}-${shuffle}`)), `shuffle ${shuffle} of ${JSON.stringify(life)}`).toEqual(
        expected,
      );
    }
  });
  await fc.assert(property, { numRuns: lives });
  expect(run).toBeGreaterThanOrEqual(lives);
}, 1_800_000);
