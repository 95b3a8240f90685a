import { z } from 'zod';
import { serverIn } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import { needOf, takeoverAdvice, unknownMachineIn } from '#queues/inventory/unknown-machines.ts';
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
  .meta({ description: "The machine's name. It confirms that the id is the right one.", example: 'gf-x1f0-1' });

const remove = route({
  method: 'post',
  path: '/v1/machines/{id}/remove',
  access: 'operator',
  summary: 'Remove a machine that has no row',
  description:
    'Only for a machine that an alert unknown-machine names now. The next inventory, within a minute, reads its name and tag once more and removes it; the alert clears. If its name has changed meanwhile, the machine stays and the workers log why. The order is valid for an hour. It is refused while a server that is not destroyed may need the machine: its own is missing, or it was rebuilt after a backup that was restored.',
  params: z.strictObject({ id: machineId }),
  body: z.strictObject({ name }).meta({ id: 'MachineRemoval' }),
  answers: {
    202: {
      description: 'The next inventory removes it',
      body: z.object({ machine: z.object({ id: machineId, name }) }).meta({ id: 'MachineToRemove' }),
    },
  },
  problems: ['not-found', 'not-allowed-now', 'database-busy', 'disk-full'],
  handle: async ({ params: { id }, body: { name }, caller }, { store, log, now }) => {
    await assertRemovable(store, id, name);
    await store.orderRemoval({ providerId: id, name, orderedBy: caller, orderedAt: now() });
    log.warn(
      { event: 'removal-ordered', by: caller, providerId: id, machine: name },
      'Ordered the removal of an unknown machine',
    );
    return reply(202, { machine: { id, name } });
  },
});

/** Throws a Problem unless an alert unknown-machine names this machine, and no server may need it. */
async function assertRemovable(store: Store, id: string, name: string): Promise<void> {
  const alert = (await store.readAlerts('unknown-machine')).find(({ subject }) => subject === id);
  if (!alert)
    throw new Problem('not-found', `No alert unknown-machine names ${id} now. Only such machines are removed here.`);
  const machine = unknownMachineIn(alert);
  if (!machine)
    throw new Problem(
      'not-allowed-now',
      `The alert for machine ${id} comes from an older version. Repeat this after the next inventory, in a minute.`,
    );
  if (machine.machineName !== name)
    throw new Problem('invalid-body', `Machine ${id} is named ${machine.machineName}, not ${name}.`);
  const missing = (await store.readAlerts('machine-missing')).map(({ subject }) => subject);
  // The tag may have been changed by hand: the machine's name also gives a server that may need it.
  for (const serverId of [machine.serverId, serverIn(name)?.id ?? null]) {
    const found = serverId === null ? null : await store.readServer(serverId);
    const need = found && needOf(found, name, ({ serverId: id }) => !missing.includes(id));
    if (need) throw new Problem('not-allowed-now', takeoverAdvice(need));
  }
}

export const machineRoutes = [remove];
