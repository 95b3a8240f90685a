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
  generation: z.number().int().meta({ description: 'Incremented by every create, rebuild and resume.' }),
  heldReason: z.string().nullable().meta({ description: 'Why it is suspended, or being suspended or resumed.' }),
  createdAt: instant,
  updatedAt: instant,
};

const machineShape = z
  .object({ id: z.string(), ipv4: z.string().nullable(), ipv6: z.string().nullable(), location: z.string() })
  .meta({ id: 'Machine' });

export const serverShape = z
  .object({
    ...fields,
    machine: machineShape.nullable().meta({ description: 'The machine in service now; null without one.' }),
  })
  .meta({ id: 'Server' });

const monthlyCost = z
  .object({ amount: z.number(), currency: z.string().meta({ description: 'ISO 4217 code.' }) })
  .nullable()
  .meta({
    description:
      'Monthly cost of the machine without VAT, from the last catalogue; null without a machine or a known price.',
  });

export const listedServer = z.object({ ...serverShape.shape, monthlyCost }).meta({ id: 'ListedServer' });

export const serverInFull = z
  .object({
    ...listedServer.shape,
    subscriptionId: z.string().nullable().meta({ description: 'Of Stripe; null: it was not bought by one.' }),
    openJobs: z.array(jobShape),
  })
  .meta({ id: 'ServerInFull' });

export const serverParams = z.strictObject({ id: id.meta({ description: 'The id of a server.' }) });

export function showServer({ server, machine }: ServerWithMachine): z.output<typeof serverShape> {
  const { id, purchaseId, customer, reference, hostname, location, plan, status, generation, heldReason } = server;
  const createdAt = server.createdAt.toISOString();
  const updatedAt = server.updatedAt.toISOString();
  const shown = { id, purchaseId, customer, reference, hostname, location, plan, status, generation, heldReason };
  return { ...shown, machine: machine && showMachine(machine), createdAt, updatedAt };
}

export interface Offer {
  readonly provider: string;
  readonly catalogue: Catalogue | null;
}

/** A server with the monthly cost of its machine. */
export function showListedServer(found: ServerWithMachine, offer: Offer): z.output<typeof listedServer> {
  return { ...showServer(found), monthlyCost: costOf(found.machine, offer) };
}

/** null for a machine of another provider, which is not in the catalogue. */
function costOf(machine: Machine | null, { provider, catalogue }: Offer): z.output<typeof monthlyCost> {
  if (machine?.provider !== provider) return null;
  const plan = catalogue?.plans.find(({ id }) => id === machine.plan);
  return plan ? { amount: plan.monthlyCost, currency: plan.currency } : null;
}

function showMachine({ id, ipv4, ipv6, location }: Machine): z.output<typeof machineShape> {
  return { id, ipv4, ipv6, location };
}
