import { SaleClosedError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { isOneOf } from '#db/literal.ts';
import { serverStatuses } from '#db/model.ts';
import { count } from '#db/orm.ts';
import { readStored } from '#db/reads/settings.ts';
import { maxServersSetting, saleSetting } from '#db/settings.ts';
import { ask, askHot, type Context, hotInsert, type Steps } from '#db/steps.ts';
import type { Job, Purchase, Server } from '#db/tables.ts';
import { recordEvent } from './history.ts';
import { addJob, lockServer, releaseHead } from './line.ts';
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
  readonly requestedBy: string;
  readonly requestId: string | null;
  readonly now: Date;
  /** Makes the server's VPN keys and seals them. Called inside the transaction, so it must be fast. */
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

/**
 * Writes the purchase, its server with VPN keys, its create job as released head of the line, and the machine's row.
 */
export function* recordPurchase(context: Context, order: PurchaseOrder): Steps<Purchased> {
  yield* assertOpenForSale(context, order);
  const { purchase, server } = rowsOf(order);
  yield* askHot(insertPurchase, { ...purchase });
  yield* askHot(insertServer, { ...server });
  yield* askHot(insertVpnKeys, { serverId: server.id, sealed: order.sealNewKeys(server.id) });
  const detail = { location: order.location, plan: order.plan };
  yield* recordEvent(context, { serverId: server.id, jobId: null, event: 'purchased', detail, at: order.now });
  const locked = yield* lockServer(context, server.id);
  const { requestedBy, requestId, now } = order;
  const job = yield* addJob(context, locked, { kind: 'create', requestedBy, requestId, createdAt: now });
  const released = yield* releaseHead(context, locked, { line: locked.id, now });
  return { purchase, server: { ...locked, generation: locked.generation + 1 }, job: released ?? job };
}

function rowsOf(order: PurchaseOrder): { purchase: Purchase; server: Server } {
  const { customer, location, plan, reference, provider, requestedBy, now } = order;
  const purchase = { id: newId('pur', now), customer, location, plan, reference, requestedBy, createdAt: now };
  const id = newId('srv', now);
  const server = {
    id,
    purchaseId: purchase.id,
    customer,
    reference,
    hostname: `${id}.${order.domain}`,
    provider,
    location,
    plan,
    status: 'installing' as const,
    generation: 0,
    machineId: null,
    lastPosition: 0,
    createdAt: now,
    updatedAt: now,
  };
  return { purchase, server };
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
