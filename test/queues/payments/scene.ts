import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Database } from '#db/database.ts';
import type { ServerStatus } from '#db/model.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import { createPaymentsGate, type PaymentsGate } from '#queues/gates/payments-gate.ts';
import { type PaymentPerformDeps, performPayment } from '#queues/payments/perform.ts';
import { createReconcile, type Reconcile } from '#queues/payments/reconcile.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import { passTime } from '#src/simulator/stripe/passing-time.ts';
import { openCheckout } from '#src/simulator/stripe/sessions.ts';
import type { EventRecord, Subscription } from '#src/simulator/stripe/shapes.ts';
import { type Confirmation, subscribe } from '#src/simulator/stripe/subscribe.ts';
import { confirmed } from '../../db/conformance/fixture.ts';
import { sealNewKeys } from '../../secrets-key.ts';
import { manualClock } from '../../src/simulator/manual-clock.ts';
import { testRun } from '../workplace.ts';
import { rules } from './facts.ts';
import { type StripeInMemory, stripeInMemory } from './stripe-in-memory.ts';

export interface PaymentsScene {
  readonly stripe: StripeInMemory;
  readonly database: Database;
  /** Of the database; empty for one that the test opened. */
  readonly file: string;
  readonly store: Store;
  readonly deps: PaymentPerformDeps & { maxServers: number | null; offered: Catalogue | null };
  readonly gate: PaymentsGate;
  readonly reconcile: Reconcile;
  /** The jobs that looks have published. */
  readonly published: Job[];
  /** The customer pays at a checkout; returns the subscription's id. */
  buy(metadata?: Readonly<Record<string, string>>, how?: Confirmation): string;
  /** The simulated Stripe's own, by its id. */
  at(id: string): Subscription;
  /** Records all events of Stripe that were not recorded before, as webhooks; returns the ids of the notices. */
  hear(): Promise<string[]>;
  /** Performs one job of the queue payments. */
  perform(id: string): Promise<RunEnd>;
  /** Performs all open notices and due looks, until none is left. */
  look(): Promise<void>;
  /** Ends all released jobs of servers as their cloud would. */
  work(): Promise<void>;
  /** Hears, looks and works, until nothing more happens. */
  settle(): Promise<void>;
  /** Moves the time forward, of Stripe and of the service. */
  pass(ms: number): void;
  /** The status of the subscription's server; null: it has none. */
  server(id: string): Promise<{ id: string; status: ServerStatus } | null>;
}

export const signal = new AbortController().signal;

/** A service without queue and cloud: the tests perform its looks and end its jobs. It is closed at the end of the test. */
export async function paymentsScene(): Promise<PaymentsScene> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-payments-'));
  const file = join(folder, 'test.db');
  const database = await openDatabase(`file:${file}`, { sync: () => Promise.resolve() });
  onTestFinished(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return sceneOver(database, await stripeInMemory(manualClock(Date.UTC(2026, 10, 1))), file);
}

/** The same over a database that the caller closes. */
export function sceneOver(database: Database, stripe: StripeInMemory, file = ''): PaymentsScene {
  const { clock, book } = stripe;
  // Each reading of the time is later than the one before, as in a real service.
  const now = () => {
    clock.advance(1);
    return new Date(clock.now());
  };
  const store: Store = { ...createStore(database), readTime: () => Promise.resolve(now()) };
  const gate = createPaymentsGate(stripe.payments, now);
  const published: Job[] = [];
  const deps = depsOf({ store, gate, published, now });
  const ingest = async (notices: Parameters<Store['recordNotices']>[0]) =>
    (await store.recordNotices(notices, now())).length;
  const reconcile = createReconcile({
    store,
    payments: gate.payments,
    gate,
    ingest,
    livemode: false,
    pollSeconds: 300,
    holder: 'me',
    now,
  });
  const heard = new Set<string>();
  const perform = (id: string) => performPayment(testRun(id), deps);
  const look = async () => {
    for (let ids = await dueIds(store, now()); ids.length > 0; ids = await dueIds(store, now())) {
      for (const id of ids) {
        const end = await perform(id);
        if (end.kind !== 'completed') throw new Error(`The look ${id} ended ${JSON.stringify(end)}.`);
      }
    }
  };
  const hear = async () => {
    const fresh = book
      .all('event')
      .reverse()
      .filter(({ id }) => !heard.has(id));
    for (const { id } of fresh) heard.add(id);
    return (await store.recordNotices(fresh.map(noticeOf), now())).map(({ id }) => id);
  };
  const work = () => endJobs(store, now);
  const scene: PaymentsScene = {
    stripe,
    database,
    file,
    store,
    deps,
    gate,
    reconcile,
    published,
    buy: (metadata = {}, how = 'paid') => {
      const shared = {
        success_url: 'https://shop.test',
        metadata: {},
        line_items: [{ price: 'price_vc21c1gb', quantity: 1 }],
      };
      const order = { ...shared, mode: 'subscription', subscription_data: { metadata: { ...metadata } } } as const;
      const { body } = openCheckout(book, order, 'http://stripe.test');
      return subscribe(book, body as Parameters<typeof subscribe>[1], how).id;
    },
    at: (id) => book.must('subscription', id),
    hear,
    perform,
    look,
    work,
    settle: async () => {
      do {
        await look();
        await work();
      } while ((await hear()).length > 0);
    },
    pass: (ms) => {
      clock.advance(ms);
      passTime(book);
    },
    server: async (id) => (await store.readSubscriptionInFull(id))?.server ?? null,
  };
  return scene;
}

interface DepsOf {
  readonly store: Store;
  readonly gate: PaymentsGate;
  readonly published: Job[];
  readonly now: () => Date;
}

function depsOf({ store, gate, published, now }: DepsOf): PaymentsScene['deps'] {
  const deps = {
    store,
    gate,
    payments: gate.payments,
    installation: 'test',
    livemode: false,
    rules,
    defaultLocation: 'ewr',
    maxServers: null as number | null,
    offered: null as Catalogue | null,
    get terms() {
      return { provider: 'simulator', domain: 'vpn.test', maxServers: deps.maxServers, sealNewKeys };
    },
    catalogue: () => Promise.resolve(deps.offered),
    now,
    publish: (jobs: readonly Job[]) => void published.push(...jobs),
    onUnmarked: () => undefined,
    onLook: () => undefined,
  };
  return deps;
}

export function noticeOf({ id, type, livemode, created, data: { object } }: EventRecord) {
  const createdAt = new Date(created * 1_000);
  return { id, form: 'snapshot', type, objectId: String(object.id), livemode, createdAt } as const;
}

async function dueIds(store: Store, now: Date): Promise<readonly string[]> {
  return (await store.readDueLooks({ now, releasedBefore: now, after: '', limit: 1_000 })).ids;
}

/** A machine is made, and all of them are removed, at once. */
async function endJobs(store: Store, now: () => Date): Promise<void> {
  for (;;) {
    const at = now();
    const { ids } = await store.readDuePage({ now: at, releasedBefore: at, after: '', limit: 1_000 });
    if (ids.length === 0) return;
    for (const { id, kind } of await store.readReleased(ids)) {
      const makes = kind === 'create' || kind === 'rebuild' || kind === 'resume';
      const machine = { ...confirmed, providerId: `vps-${id}` };
      const outcome = makes ? ({ end: 'made', machine } as const) : ({ end: 'removed' } as const);
      await store.settle({ jobId: id, outcome, attempts: 1, graceSeconds: 0, now: now() });
    }
  }
}
