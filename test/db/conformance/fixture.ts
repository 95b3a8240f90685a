import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Database } from '#db/database.ts';
import type { ConfirmedMachine, Outcome, Settlement } from '#db/model.ts';
import { openDatabase } from '#db/open.ts';
import { type Setting, setting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Job, Server, Tables } from '#db/tables.ts';
import type { Command } from '#db/transactions/answers.ts';
import type { CommandResult } from '#db/transactions/commands.ts';
import type { RemovalOrder } from '#db/transactions/machines.ts';
import type { Purchased, PurchaseOrder } from '#db/transactions/purchase.ts';
import type { Actor } from '#db/transactions/request.ts';
import type { Settled } from '#db/transactions/settle.ts';
import type { Dialect } from '../dialects.ts';

/** A database that is empty at the start of each test. */
export interface Fixture {
  readonly url: string;
  readonly database: Database;
  readonly store: Store;
  /** One more Store on the same database, like that of another process. */
  another(): Promise<Store>;
  /** Every row of every table; of the events, those of this test. */
  dump(): Promise<Dump>;
}

export type Dump = { readonly [Name in keyof Tables]: readonly Tables[Name]['$inferSelect'][] };

export function useFixture(dialect: Dialect): Fixture {
  let url = '';
  let database: Database | null = null;
  let others: Store[] = [];
  let earlierEvents = 0;
  const mine = () => database ?? missing('database');
  beforeAll(async () => {
    url = await dialect.emptyDatabase();
    database = await openDatabase(url);
  });
  beforeEach(async () => {
    await empty(mine());
    earlierEvents = (await createStore(mine()).readEvents({ limit: 1 })).events[0]?.id ?? 0;
  });
  afterEach(async () => {
    await Promise.all(others.map((store) => store.close()));
    others = [];
  });
  afterAll(() => database?.close());
  return {
    get url() {
      return url;
    },
    get database() {
      return mine();
    },
    get store() {
      return createStore(mine());
    },
    another: async () => {
      const store = createStore(await openDatabase(url));
      others.push(store);
      return store;
    },
    dump: async () => {
      const dump = await dumpOf(mine());
      return { ...dump, events: dump.events.filter(({ id }) => id > earlierEvents) };
    },
  };
}

/** Much cheaper than a new database for each test. Events stay: the database keeps them. */
function empty(database: Database): Promise<void> {
  const body = function* ({ db, t }: Context): Steps<void> {
    const { purchases, servers, machines, jobs, payments, subscriptions, events: _, ...rest } = t;
    const ofPayments = [payments, subscriptions];
    for (const table of [...Object.values(rest), ...ofPayments, jobs, machines, servers, purchases])
      yield* ask(db.delete(table));
  };
  return database.transact('empty', body, { busyTimeoutMs: 5_000 });
}

/** In a fixed order, so that two dumps can be compared. */
export function dumpOf(database: Database): Promise<Dump> {
  return database.read('dump', function* ({ db, t }) {
    const dump: Record<string, unknown[]> = {};
    for (const [name, table] of Object.entries(t)) {
      const rows: unknown[] = yield* ask(db.select().from(table));
      dump[name] = rows.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    }
    return dump as unknown as Dump;
  });
}

export const noon = new Date('2026-05-01T12:00:00.000Z');

/** Seconds after noon. */
export function at(seconds: number): Date {
  return new Date(noon.getTime() + seconds * 1000);
}

/** A command without an Idempotency-Key, answered with the ids of what it wrote. */
export const plain: Command<{ readonly server: Server; readonly job: Job }> = {
  idempotency: null,
  answer: ({ server, job }) => ({ server: server.id, job: job.id }),
};

export function order(changes: Partial<PurchaseOrder> = {}): PurchaseOrder {
  return {
    customer: 'ada',
    location: 'ewr',
    plan: 'small',
    reference: null,
    provider: 'simulator',
    domain: 'vpn.test',
    maxServers: null,
    requestedBy: 'key:shop',
    requestId: 'req-1',
    now: noon,
    sealNewKeys: (serverId) => `the keys of ${serverId}`,
    ...changes,
  };
}

export function actor(now = noon): Actor {
  return { requestedBy: 'key:desk', requestId: 'req-2', now };
}

export async function buy(store: Store, changes: Partial<PurchaseOrder> = {}): Promise<Purchased> {
  return (await store.recordPurchase(order(changes), plain)).recorded ?? missing('purchase');
}

export async function rebuild(
  store: Store,
  serverId: string,
  { location = null, now = noon }: { location?: string | null; now?: Date } = {},
): Promise<CommandResult> {
  return (await store.recordRebuild({ serverId, location }, actor(now), plain)).recorded ?? missing('rebuild');
}

export async function suspend(store: Store, serverId: string, now = noon): Promise<CommandResult> {
  const suspension = { serverId, reason: 'past-due' };
  return (await store.recordSuspend(suspension, actor(now), plain)).recorded ?? missing('suspension');
}

export async function resume(store: Store, serverId: string, now = noon): Promise<CommandResult> {
  return (await store.recordResume({ serverId }, actor(now), plain)).recorded ?? missing('resume');
}

export async function destroy(store: Store, serverId: string, now = noon): Promise<CommandResult> {
  return (await store.recordDestroy(serverId, actor(now), plain)).recorded ?? missing('destroy');
}

export async function retry(store: Store, jobId: string, now = noon): Promise<CommandResult> {
  return (await store.recordRetry(jobId, actor(now), plain)).recorded ?? missing('retry');
}

export async function cancel(store: Store, jobId: string, now = noon): Promise<CommandResult> {
  return (await store.recordCancel({ jobId, isPastSwitch: false }, actor(now), plain)).recorded ?? missing('cancel');
}

/** An order of an operator to remove a machine without a row. */
export function removalOrder(changes: Partial<RemovalOrder> = {}): RemovalOrder {
  const order = { providerId: 'vps-1', name: 'gf-lost-1', orderedBy: 'desk', orderedAt: noon };
  return { ...order, actor: 'key:desk', requestId: 'req-3', serverId: null, ...changes };
}

export function settle(
  store: Store,
  jobId: string,
  outcome: Outcome,
  changes: Partial<Settlement> = {},
): Promise<Settled> {
  return store.settle({ jobId, outcome, attempts: 1, graceSeconds: 300, now: at(60), ...changes });
}

export const confirmed: ConfirmedMachine = {
  providerId: 'vps-1',
  account: 'main',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};
export const made: Outcome = { end: 'made', machine: confirmed };
export const removed: Outcome = { end: 'removed' };
export const failed: Outcome = { end: 'failed', error: 'Sold out.', leftover: 'gone' };
export const abandoned: Outcome = { end: 'failed', error: 'Lost.', leftover: 'abandoned' };
export const parked: Outcome = { end: 'failed', error: 'Parked.', leftover: 'abandoned', parked: true };
/** By a person, while it ran. */
export const calledOff: Outcome = { end: 'cancelled', error: 'It was cancelled.', leftover: 'gone' };
export const cancelled: Outcome = { end: 'cancelled', error: 'A destroy waits.' };

/** A running server: bought, and its create settled. */
export async function running(store: Store, changes: Partial<PurchaseOrder> = {}): Promise<Server> {
  const { server, job } = await buy(store, changes);
  await settle(store, job.id, made);
  return (await store.readServer(server.id))?.server ?? missing('server');
}

/** A suspended server: bought, running, and its suspension settled. */
export async function suspended(store: Store): Promise<Server> {
  const server = await running(store);
  await settle(store, (await suspend(store, server.id)).job.id, removed);
  return (await store.readServer(server.id))?.server ?? missing('server');
}

export async function destroyed(store: Store): Promise<Server> {
  const server = await running(store);
  await settle(store, (await destroy(store, server.id)).job.id, removed);
  return (await store.readServer(server.id))?.server ?? missing('server');
}

/** A setting that accepts every value, including one of a wrong shape. */
export function anything(name: string): Setting<unknown> {
  return setting(name, (_value): _value is unknown => true);
}

export function missing(what: string): never {
  throw new Error(`The test has no ${what}.`);
}
