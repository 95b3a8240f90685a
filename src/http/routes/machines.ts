import { z } from 'zod';
import { serverNeeding, takeoverAdvice } from '#queues/inventory/needed.ts';
import { describeMachine } from '#queues/inventory/unknown-machines.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';

const machineId = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the id that the alert unknown-machine names')
  .meta({ description: "The provider's id of the machine.", example: '4f0f12e5-1f84-404f-aa84-85f431ea5ec2' });
const name = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: "The machine's name, to confirm that it is the one that is meant.", example: 'gf-x1f0-1' });

const remove = route({
  method: 'post',
  path: '/v1/machines/{id}/remove',
  access: 'operator',
  summary: 'Remove a machine that no row knows',
  description:
    'Only for a machine that the alert unknown-machine names now; nothing else removes one. The next inventory, within a minute, looks at its name and tag once more and removes it; the alert clears. It stays if its name has become another meanwhile: then the log of the workers says so. The order holds for an hour. It is refused while a server that is not destroyed may have no other machine.',
  params: z.strictObject({ id: machineId }),
  body: z.strictObject({ name }).meta({ id: 'MachineRemoval' }),
  answers: {
    202: {
      description: 'It is removed by the next inventory',
      body: z.object({ machine: z.object({ id: machineId, name }) }).meta({ id: 'MachineToRemove' }),
    },
  },
  problems: ['not-found', 'not-allowed-now', 'database-busy'],
  handle: async ({ params: { id }, body: { name }, caller }, { store, log, now }) => {
    const unknown = await store.readAlerts('unknown-machine');
    const alert = unknown.find(({ subject }) => subject === id);
    if (!alert)
      throw new Problem('not-found', `No alert unknown-machine names ${id} now: only such machines are removed here.`);
    if (!alert.message.startsWith(describeMachine({ id, name })))
      throw new Problem('invalid-body', `The machine has another name: ${alert.message}`);
    const missing = await store.readAlerts('machine-missing');
    const serverId = /^gf-(.+)-\d+$/.exec(name)?.[1] ?? '';
    const needing = await serverNeeding(store, serverId, () => missing.every(({ subject }) => subject !== serverId));
    if (needing) throw new Problem('not-allowed-now', takeoverAdvice(needing));
    await store.orderRemoval({ providerId: id, name, orderedBy: caller, orderedAt: now() });
    log.warn({ by: caller, providerId: id, machine: name }, 'The removal of an unknown machine is ordered');
    return reply(202, { machine: { id, name } });
  },
});

export const machineRoutes = [remove];
