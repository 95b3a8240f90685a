import { z } from 'zod';
import { serverStatuses } from '#db/model.ts';
import type { ServerWithMachine } from '#db/reads/servers.ts';
import type { Machine } from '#db/tables.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { id, instant } from './fields.ts';
import { jobShape } from './job.ts';

const fields = {
  id: z.string(),
  purchaseId: z.string(),
  customer: z.string(),
  reference: z.string().nullable(),
  hostname: z.string(),
  location: z.string(),
  plan: z.string(),
  status: z.enum(serverStatuses),
  generation: z.number().int().meta({ description: 'Raised by every create and rebuild.' }),
  createdAt: instant,
  updatedAt: instant,
};

const machineShape = z
  .object({ id: z.string(), ipv4: z.string().nullable(), ipv6: z.string().nullable(), location: z.string() })
  .meta({ id: 'Machine' });

export const serverShape = z
  .object({ ...fields, machine: machineShape.nullable().meta({ description: 'The machine that serves now.' }) })
  .meta({ id: 'Server' });

const monthlyCost = z
  .object({ amount: z.number(), currency: z.string().meta({ description: 'ISO 4217' }) })
  .nullable()
  .meta({
    description:
      'What its machine costs a month, without VAT, by the last known catalogue; null: it has none, or its price is not known.',
  });

export const listedServer = z.object({ ...serverShape.shape, monthlyCost }).meta({ id: 'ListedServer' });

export const serverInFull = z
  .object({ ...listedServer.shape, openJobs: z.array(jobShape) })
  .meta({ id: 'ServerInFull' });

export const serverParams = z.strictObject({ id: id.meta({ description: 'A server’s id.' }) });

export function showServer({ server, machine }: ServerWithMachine): z.output<typeof serverShape> {
  const { id, purchaseId, customer, reference, hostname, location, plan, status, generation } = server;
  const createdAt = server.createdAt.toISOString();
  const updatedAt = server.updatedAt.toISOString();
  return {
    ...{ id, purchaseId, customer, reference, hostname, location, plan, status, generation },
    ...{ machine: machine && showMachine(machine), createdAt, updatedAt },
  };
}

/** The same with what its machine costs; `offer` is the provider's catalogue. */
export function showListedServer(
  found: ServerWithMachine,
  offer: { readonly provider: string; readonly catalogue: Catalogue | null },
): z.output<typeof listedServer> {
  const { machine } = found;
  const plan =
    machine?.provider === offer.provider ? offer.catalogue?.plans.find(({ id }) => id === machine.plan) : undefined;
  return {
    ...showServer(found),
    monthlyCost: plan ? { amount: plan.monthlyCost, currency: plan.currency } : null,
  };
}

function showMachine({ id, ipv4, ipv6, location }: Machine): z.output<typeof machineShape> {
  return { id, ipv4, ipv6, location };
}
