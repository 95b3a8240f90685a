import { SaleClosedError } from '#db/errors.ts';
import type { ActorName } from '#db/events.ts';
import { foldedIfOther } from '#db/fold.ts';
import { newId } from '#db/ids.ts';
import { isOneOf } from '#db/literal.ts';
import { serverStatuses } from '#db/model.ts';
import { count, eq } from '#db/orm.ts';
import { askStored } from '#db/reads/settings.ts';
import { maxServersSetting, saleSetting } from '#db/settings.ts';
import { ask, askHot, type Context, hotInsert, type Steps } from '#db/steps.ts';
import type { Job, Purchase, Server, VpnKeysRow } from '#db/tables.ts';
import { type NewEvent, recordEvent } from './events.ts';
import { addFirstJob, askFirstRank, type FirstJob, planFirstJob } from './first-job.ts';
import { putSetting } from './settings.ts';

export interface PurchaseOrder {
  readonly customer: string;
  readonly location: string;
  readonly plan: string;
  readonly reference: string | null;
  readonly provider: string;
  /** The server's hostname is its id under this domain. */
  readonly domain: string;
  /** null: no limit. */
  readonly maxServers: number | null;
  readonly requestedBy: ActorName;
  readonly requestId: string | null;
  readonly now: Date;
  /** Makes the server's VPN keys and seals them. */
  readonly sealNewKeys: (serverId: string) => string;
  /** Not given: the payment is settled elsewhere. */
  readonly paid?: { readonly subscriptionId: string; readonly at: Date | null };
  /** The uid of the event that caused the purchase. */
  readonly cause?: string | null;
}

export interface Purchased {
  readonly purchase: Purchase;
  readonly server: Server;
  readonly job: Job;
}

const insertPurchase = hotInsert('insert_purchase', (t) => t.purchases);
const insertServer = hotInsert('insert_server', (t) => t.servers);
const insertVpnKeys = hotInsert('insert_vpn_keys', (t) => t.vpnKeys);

/** Every row of a purchase, complete before the transaction begins. */
export interface PurchaseRows extends Purchased, FirstJob {
  readonly keys: VpnKeysRow;
  readonly event: NewEvent;
}

/**
 * Makes the rows of a purchase: its server with VPN keys, its create job as released head of the line, and the
 * machine that the job will make.
 */
export function planPurchase(order: PurchaseOrder): PurchaseRows {
  const { requestedBy, requestId, now } = order;
  const purchase = newPurchaseRow(order);
  const server = newServerRow(order, purchase.id);
  const keys = { serverId: server.id, sealed: order.sealNewKeys(server.id) };
  const event = purchasedEvent(order, server);
  const first = planFirstJob(server, { requestedBy, requestId, createdAt: now, cause: event.uid });
  return { purchase, keys, event, ...first };
}

function newPurchaseRow({ customer, location, plan, reference, requestedBy, paid, now }: PurchaseOrder): Purchase {
  const ordered = { id: newId('pur', now), customer, location, plan, reference, requestedBy, createdAt: now };
  if (paid === undefined) return { ...ordered, source: 'api', subscriptionId: null, paidAt: null, endedAt: null };
  return { ...ordered, source: 'stripe', subscriptionId: paid.subscriptionId, paidAt: paid.at, endedAt: null };
}

function purchasedEvent(order: PurchaseOrder, { id: serverId, location, plan }: Server): NewEvent & { uid: string } {
  const { requestedBy: actor, requestId, now: at, cause = null, paid } = order;
  const about = { requestId, serverId, subscriptionId: paid?.subscriptionId ?? null, cause };
  return { uid: newId('evt', at), type: 'server.purchased', actor, at, ...about, detail: { location, plan } };
}

function newServerRow(order: PurchaseOrder, purchaseId: string): Server {
  const { customer, location, plan, reference, provider, domain, now } = order;
  const id = newId('srv', now);
  return {
    id,
    purchaseId,
    customer,
    customerFolded: foldedIfOther(customer),
    reference,
    hostname: `${id}.${domain}`,
    provider,
    location,
    plan,
    status: 'installing',
    // Its create job has the first position, and makes the first generation.
    generation: 1,
    lastPosition: 1,
    machineId: null,
    heldReason: null,
    owedSince: now,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * Asks what a purchase depends on, together with the next query. Returns how to write its rows, which throws
 * SaleClosedError if the sale is closed.
 */
export function* preparePurchase(
  context: Context,
  order: PurchaseOrder,
  rows: PurchaseRows,
): Steps<() => Steps<Purchased>> {
  const whyClosed = yield* askWhyClosed(context, order);
  const write = yield* prepareRows(context, rows);
  return function* () {
    const closed = yield* whyClosed();
    if (closed !== null) throw new SaleClosedError(`${closed} Try again later.`);
    return yield* write();
  };
}

/** The purchase with its job as it is now, if an earlier try has recorded it whose answer was lost; null: none has. */
export function* purchasedBefore({ db, t }: Context, { purchase, server, job }: PurchaseRows): Steps<Purchased | null> {
  const [found] = yield* ask(db.select().from(t.jobs).where(eq(t.jobs.id, job.id)));
  return found ? { purchase, server, job: found } : null;
}

/** Returns the rows as they were written: the job has its rank. */
export function* writePurchase(context: Context, rows: PurchaseRows): Steps<Purchased> {
  const write = yield* prepareRows(context, rows);
  return yield* write();
}

function* prepareRows(context: Context, rows: PurchaseRows): Steps<() => Steps<Purchased>> {
  const { purchase, server, keys, event } = rows;
  const readRank = yield* askFirstRank(server);
  return function* () {
    const rank = yield* readRank();
    yield* askHot(insertPurchase, { ...purchase });
    yield* askHot(insertServer, { ...server });
    yield* askHot(insertVpnKeys, { ...keys });
    yield* recordEvent(context, event);
    return { purchase, server, job: yield* addFirstJob(context, rows, rank) };
  };
}

/** Why nothing is sold now, as a sentence; null: the sale is open. */
export function* whyClosed(context: Context, limits: SaleLimits): Steps<string | null> {
  const read = yield* askWhyClosed(context, limits);
  return yield* read();
}

type SaleLimits = Pick<PurchaseOrder, 'maxServers' | 'now'>;

function* askWhyClosed(context: Context, { maxServers, now }: SaleLimits): Steps<() => Steps<string | null>> {
  const readSale = yield* askStored(context, saleSetting);
  return function* () {
    const sale = yield* readSale();
    if (sale && sale.value?.open !== true) return 'The sale is stopped by an operator.';
    return maxServers === null ? null : yield* whyFull(context, { maxServers, now });
  };
}

function* whyFull(context: Context, { maxServers, now }: { maxServers: number; now: Date }): Steps<string | null> {
  const { db, t } = context;
  // This write locks the row. Without it two purchases on Postgres could both take the last place.
  yield* putSetting(context, maxServersSetting, { value: maxServers, now });
  const isCounted = isOneOf(
    t.servers.status,
    serverStatuses.filter((status) => status !== 'destroyed'),
  );
  const [servers] = yield* ask(db.select({ count: count() }).from(t.servers).where(isCounted));
  if ((servers?.count ?? 0) < maxServers) return null;
  return `All ${maxServers} servers of this installation are sold (MAX_SERVERS).`;
}
