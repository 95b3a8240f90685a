import { z } from 'zod';
import { keyNamed } from '#db/events.ts';
import { machineStates, serverIn } from '#db/model.ts';
import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { Store } from '#db/store.ts';
import {
  needOf,
  takeoverAdvice,
  type UnknownMachineDetail,
  unknownMachineIn,
} from '#queues/inventory/unknown-machines.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { address, id, instant, queryInstant } from '#src/http/shapes/fields.ts';
import { idKey, page, pageQuery, readPage } from '#src/http/shapes/paging.ts';

const machineId = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the id that the alert unknown-machine names')
  .meta({ description: "The provider's id of the machine.", example: '4f0f12e5-1f84-404f-aa84-85f431ea5ec2' });
const name = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: "The machine's name. It confirms that the id is the right one.", example: 'gf-x1f0-1' });

export const machineShape = z
  .object({
    id: z.string(),
    name: z.string(),
    serverId: z.string(),
    customer: z.string(),
    provider: z.string(),
    location: z.string(),
    state: z.enum(machineStates),
    ipv4: z.string().nullable(),
    ipv6: z.string().nullable(),
    createdAt: instant.meta({ description: 'The machine had no address before.' }),
    goneAt: instant.nullable().meta({ description: 'It had none after; null: it is not gone.' }),
  })
  .meta({ id: 'MachineWithAddress' });

const find = route({
  method: 'get',
  path: '/v1/machines',
  access: 'audit:read',
  forCustomers: 'filtered',
  summary: 'Find who has or had an address, and the machines of a server',
  description:
    'The machines that have or had the address, or that the server has or had, newest first, each with its server and customer; also those that are gone. With `at`, only those that can have had it then. A cloud gives a freed address to others. `GET /v1/servers/{id}/history` has the exact times.',
  query: z
    .strictObject({ address: address.optional(), server: id.optional(), at: queryInstant.optional(), ...pageQuery })
    .refine(({ address, server }) => address !== undefined || server !== undefined, {
      error: 'is required, or a server',
      path: ['address'],
    }),
  answers: { 200: { description: 'A page of machines', body: page(machineShape) } },
  handle: async ({ query: { limit, cursor, server: serverId, ...filter }, owner }, { store }) => {
    const { rows, nextCursor } = await readPage(
      { limit, cursor },
      {
        name: 'machines',
        key: idKey,
        read: (after, limit) => store.readMachinesAt({ ...filter, serverId, owner, after, limit }),
        keyOf: ({ machine }) => machine.id,
      },
    );
    return reply(200, { items: rows.map(showMachine), nextCursor });
  },
});

function showMachine({ machine, server }: MachineWithServer): z.output<typeof machineShape> {
  const { id, name, serverId, provider, location, state, ipv4, ipv6, createdAt, goneAt } = machine;
  const { customer } = server;
  const times = { createdAt: createdAt.toISOString(), goneAt: goneAt?.toISOString() ?? null };
  return { id, name, serverId, customer, provider, location, state, ipv4, ipv6, ...times };
}

const remove = route({
  method: 'post',
  path: '/v1/machines/{id}/remove',
  access: 'machines:remove',
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
  handle: async ({ params: { id }, body: { name }, caller, requestId }, { store, log, now }) => {
    const { serverId } = await assertRemovable(store, id, name);
    const order = { providerId: id, name, orderedBy: caller, orderedAt: now() };
    await store.orderRemoval({ ...order, actor: keyNamed(caller), requestId, serverId });
    log.warn(
      { event: 'removal-ordered', by: caller, providerId: id, machine: name },
      'Ordered the removal of an unknown machine',
    );
    return reply(202, { machine: { id, name } });
  },
});

/**
 * Throws a Problem unless an alert unknown-machine names this machine, and no server may need it. Returns what the alert
 * says of the machine.
 */
async function assertRemovable(store: Store, id: string, name: string): Promise<UnknownMachineDetail> {
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
  return machine;
}

export const machineRoutes = [find, remove];
