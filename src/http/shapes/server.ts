import { z } from 'zod';
import { serverStatuses } from '#db/model.ts';
import type { ServerWithMachine } from '#db/reads/servers.ts';
import type { Machine } from '#db/tables.ts';
import { id, instant } from '../texts.ts';
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

export const serverInFull = z
  .object({ ...serverShape.shape, openJobs: z.array(jobShape) })
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

function showMachine({ id, ipv4, ipv6, location }: Machine): z.output<typeof machineShape> {
  return { id, ipv4, ipv6, location };
}
