import { z } from 'zod';
import type { Purchase } from '#db/tables.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import { assertOffered } from '#src/http/commands/assert-offered.ts';
import { accepted, actorOf, commandOf, keyRequired } from '#src/http/commands/idempotency.ts';
import { assertOrdersForItself } from '#src/http/commands/own-customer.ts';
import { route } from '#src/http/route.ts';
import { commandResultShape, showCommandResult } from '#src/http/shapes/command-result.ts';
import { customer, instant, location, plan, reference } from '#src/http/shapes/fields.ts';
import { newVpnSecrets } from '#src/vpn/keys.ts';

const purchaseShape = z
  .object({
    id: z.string(),
    customer: z.string(),
    location: z.string(),
    plan: z.string(),
    reference: z.string().nullable(),
    createdAt: instant,
  })
  .meta({ id: 'Purchase' });

export const purchasedShape = z
  .object({ purchase: purchaseShape, ...commandResultShape.shape })
  .meta({ id: 'Purchased' });

const buy = route({
  method: 'post',
  path: '/v1/purchases',
  access: 'purchases:write',
  forCustomers: 'filtered',
  summary: 'Buy a server',
  description:
    'Answers once the purchase, its server and its create job are stored durably. The machine is ready within minutes.',
  headers: keyRequired,
  body: z
    .strictObject({ customer, location, plan: plan.optional(), reference: reference.optional() })
    .meta({ id: 'PurchaseOrder' }),
  answers: {
    202: {
      description: 'The purchase is recorded',
      body: purchasedShape,
      headers: { Location: 'The path of the job that creates the server' },
    },
  },
  problems: ['not-offered', 'key-reused', 'sale-closed', 'database-busy', 'disk-full'],
  handle: async (call, { config, producer, catalogue, sealer, now }) => {
    const { customer, location, plan = config.defaultPlan, reference = null } = call.body;
    assertOrdersForItself(call, customer);
    const { provider, domain, maxServers } = config;
    const offer = await catalogue();
    const command = commandOf(call, (recorded: Purchased) => {
      assertOffered(offer, { location, plan });
      return showPurchased(recorded);
    });
    const order = {
      ...actorOf(call, now()),
      customer,
      location,
      plan,
      reference,
      provider,
      domain,
      maxServers,
      sealNewKeys: (serverId: string) => sealer.seal(serverId, newVpnSecrets()),
    };
    return accepted<z.output<typeof purchasedShape>>(await producer.purchase(order, command));
  },
});

function showPurchased({ purchase, server, job }: Purchased): z.output<typeof purchasedShape> {
  return { purchase: showPurchase(purchase), ...showCommandResult({ server, machine: null, job }) };
}

function showPurchase({ id, customer, location, plan, reference, createdAt }: Purchase) {
  return { id, customer, location, plan, reference, createdAt: createdAt.toISOString() };
}

export const purchaseRoutes = [buy];
