import { SaleClosedError } from '#db/errors.ts';
import type { ActorName } from '#db/events.ts';
import { newId } from '#db/ids.ts';
import { isOneOf } from '#db/literal.ts';
import { serverStatuses } from '#db/model.ts';
import { count } from '#db/orm.ts';
import { readStored } from '#db/reads/settings.ts';
import { maxServersSetting, saleSetting } from '#db/settings.ts';
import { ask, askHot, type Context, hotInsert, type Steps } from '#db/steps.ts';
import type { Job, Purchase, Server, VpnKeysRow } from '#db/tables.ts';
import { type NewEvent, recordEvent } from './events.ts';
import { addFirstJob, type FirstJob, planFirstJob } from './first-job.ts';
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
  const { customer, location, plan, reference, requestedBy, requestId, now } = order;
  const purchase = { id: newId('pur', now), customer, location, plan, reference, requestedBy, createdAt: now };
  const server = newServerRow(order, purchase.id);
  const keys = { serverId: server.id, sealed: order.sealNewKeys(server.id) };
  const event = purchasedEvent(order, server);
  const first = planFirstJob(server, { requestedBy, requestId, createdAt: now, cause: event.uid });
  return { purchase, server, keys, event, ...first };
}

function purchasedEvent({ requestedBy: actor, requestId, now: at }: PurchaseOrder, { id, location, plan }: Server) {
  const detail = { location, plan };
  return { uid: newId('evt', at), type: 'server.purchased', actor, at, requestId, serverId: id, detail } as const;
}

function newServerRow(order: PurchaseOrder, purchaseId: string): Server {
  const { customer, location, plan, reference, provider, domain, now } = order;
  const id = newId('srv', now);
  return {
    id,
    purchaseId,
    customer,
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

/** Writes the rows, unless the sale is closed. Throws SaleClosedError. */
export function* recordPurchase(context: Context, order: PurchaseOrder, rows: PurchaseRows): Steps<void> {
  yield* assertOpenForSale(context, order);
  const { purchase, server, keys, event } = rows;
  yield* askHot(insertPurchase, { ...purchase });
  yield* askHot(insertServer, { ...server });
  yield* askHot(insertVpnKeys, { ...keys });
  yield* recordEvent(context, event);
  yield* addFirstJob(context, rows);
}

function* assertOpenForSale(context: Context, { maxServers, now }: PurchaseOrder): Steps<void> {
  const { db, t } = context;
  const sale = yield* readStored(context, saleSetting);
  if (sale && sale.value?.open !== true)
    throw new SaleClosedError('The sale is stopped by an operator. Try again later.');
  if (maxServers === null) return;
  // This write locks the row. Without it two purchases on Postgres could both take the last place.
  yield* putSetting(context, maxServersSetting, { value: maxServers, now });
  const isCounted = isOneOf(
    t.servers.status,
    serverStatuses.filter((status) => status !== 'destroyed'),
  );
  const [servers] = yield* ask(db.select({ count: count() }).from(t.servers).where(isCounted));
  if ((servers?.count ?? 0) >= maxServers)
    throw new SaleClosedError(
      `All ${maxServers} servers of this installation are sold (MAX_SERVERS). Try again later.`,
    );
}
