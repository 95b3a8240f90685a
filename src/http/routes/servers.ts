import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { serverStatuses } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { CommandResult } from '#db/transactions/commands.ts';
import { unknownMachineIn } from '#queues/inventory/unknown-machines.ts';
import { assertOffered, assertStillSold } from '#src/http/commands/assert-offered.ts';
import { accepted, actorOf, commandOf, keyAccepted } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import { type CommandResultView, commandAccepted, showCommandResult } from '#src/http/shapes/command-result.ts';
import { askedCustomer, askedReference, location, plan } from '#src/http/shapes/fields.ts';
import { viewJobs } from '#src/http/shapes/job-view.ts';
import { idKey, page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import { listedServer, serverInFull, serverParams, showListedServer } from '#src/http/shapes/server.ts';

const list = route({
  method: 'get',
  path: '/v1/servers',
  access: 'servers:read',
  forCustomers: 'filtered',
  summary: 'List servers, newest first',
  query: z.strictObject({
    customer: askedCustomer.optional(),
    status: z.enum(serverStatuses).optional(),
    reference: askedReference.optional(),
    plan: plan.optional().meta({ description: 'Only servers with this plan that are not destroyed.' }),
    ...pageQuery,
  }),
  answers: { 200: { description: 'A page of servers', body: page(listedServer) } },
  handle: async ({ query: { limit, cursor, ...filter }, owner }, { store, catalogue, config: { provider } }) => {
    const offer = { provider, catalogue: await catalogue() };
    const servers = await readPage(
      { limit, cursor },
      {
        name: 'servers',
        key: idKey,
        read: (after, limit) => store.readServers({ ...filter, owner, after, limit }),
        keyOf: ({ server }) => server.id,
      },
    );
    return reply(200, {
      items: servers.rows.map((found) => showListedServer(found, offer)),
      nextCursor: servers.nextCursor,
    });
  },
});

const show = route({
  method: 'get',
  path: '/v1/servers/{id}',
  access: 'servers:read',
  forCustomers: 'server',
  summary: 'Show a server with its open jobs',
  params: serverParams,
  answers: { 200: { description: 'The server', body: serverInFull } },
  problems: ['not-found'],
  handle: async ({ params: { id } }, { store, live, catalogue, config: { provider } }) => {
    const found = await store.readServer(id);
    if (!found) throw new NotFoundError('server', id);
    const shown = showListedServer(found, { provider, catalogue: await catalogue() });
    const { subscriptionId } = found;
    return reply(200, { ...shown, subscriptionId, openJobs: await viewJobs({ store, live }, found.openJobs) });
  },
});

const rebuild = route({
  method: 'post',
  path: '/v1/servers/{id}/rebuild',
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Rebuild a server on a new machine',
  description:
    'The old machine serves until the new one is ready. Without a location or a plan the server keeps its own. If the provider does not sell its plan there any more, a rebuild needs another plan or location. The monthly cost follows the plan. The hostname stays the same. With DNS it then points at the new machine; without DNS the customer needs the new address before the old machine is removed.',
  params: serverParams,
  headers: keyAccepted,
  body: z.strictObject({ location: location.optional(), plan: plan.optional() }).meta({ id: 'RebuildOrder' }),
  answers: { 202: commandAccepted },
  problems: ['not-found', 'not-allowed-now', 'not-offered', 'key-reused', 'database-busy', 'disk-full'],
  handle: async (call, { producer, store, catalogue, config: { provider }, now }) => {
    const { location = null, plan = null } = call.body;
    const changes = location !== null || plan !== null;
    const isTakeover = !changes && (await hasUnknownMachine(store, call.params.id));
    const offer = isTakeover ? null : await catalogue();
    const command = commandOf(call, (recorded: CommandResult) => {
      const { server } = recorded;
      if (changes) assertOffered(offer, { location: location ?? server.location, plan: plan ?? server.plan });
      else if (server.provider === provider) assertStillSold(offer, server);
      return showCommandResult(recorded);
    });
    const wanted = { serverId: call.params.id, location, plan };
    return accepted<CommandResultView>(await producer.rebuild(wanted, actorOf(call, now()), command));
  },
});

/** After a restore of an older database, a rebuild adopts such a machine and orders none. */
async function hasUnknownMachine(store: Pick<Store, 'readAlerts'>, serverId: string): Promise<boolean> {
  const alerts = await store.readAlerts('unknown-machine');
  return alerts.some((alert) => unknownMachineIn(alert)?.serverId === serverId);
}

const destroy = route({
  method: 'delete',
  path: '/v1/servers/{id}',
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Destroy a server',
  description:
    'Accepted in every status. Waiting jobs are cancelled and a running job is stopped. A repeated call returns the same job. The answer has a warning if a subscription goes on paying for the server.',
  params: serverParams,
  headers: keyAccepted,
  answers: { 202: commandAccepted },
  problems: ['not-found', 'key-reused', 'database-busy', 'disk-full'],
  handle: async (call, { producer, now }) => {
    const command = commandOf(call, showCommandResult);
    return accepted<CommandResultView>(await producer.destroy(call.params.id, actorOf(call, now()), command));
  },
});

export const serverRoutes = [list, show, rebuild, destroy];
