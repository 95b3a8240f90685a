import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import type { ScheduleTimes } from '#db/schedules.ts';
import { nextRebuild } from '#queues/schedules/times.ts';
import { assertOffered } from '#src/http/commands/assert-offered.ts';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { instant } from '#src/http/shapes/fields.ts';
import { idKey, page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import { scheduleOrder, scheduleShape, showSchedule } from '#src/http/shapes/schedule.ts';
import { serverParams } from '#src/http/shapes/server.ts';

const path = '/v1/servers/{id}/schedule';

const list = route({
  method: 'get',
  path: '/v1/schedules',
  access: 'servers:read',
  summary: 'List the schedules, by server',
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of schedules', body: page(scheduleShape) } },
  handle: async ({ query }, { store }) => {
    const { rows, nextCursor } = await readPage(query, {
      name: 'schedules',
      key: idKey,
      read: (after, limit) => store.readSchedules({ after, limit }),
      keyOf: ({ serverId }) => serverId,
    });
    return reply(200, { items: rows.map(showSchedule), nextCursor });
  },
});

const show = route({
  method: 'get',
  path,
  access: 'servers:read',
  forCustomers: 'server',
  summary: 'Show the schedule of a server’s rebuilds',
  params: serverParams,
  answers: { 200: { description: 'The schedule', body: scheduleShape } },
  problems: ['not-found'],
  handle: async ({ params: { id } }, { store }) => {
    const schedule = await store.readSchedule(id);
    if (!schedule) throw new NotFoundError('schedule of server', id);
    return reply(200, showSchedule(schedule));
  },
});

const put = route({
  method: 'put',
  path,
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Rebuild a server again and again',
  description:
    'Daily, weekly or monthly at a time of a time zone, up to ten minutes later. With locations, each rebuild goes to the next of them. A time at which the server does not run, or has an open job, is left out; after a time in which nothing ran, there is one rebuild. The same schedule again changes nothing.',
  params: serverParams,
  body: scheduleOrder,
  answers: { 200: { description: 'The schedule', body: scheduleShape } },
  problems: ['not-found', 'not-allowed-now', 'not-offered', 'database-busy', 'disk-full'],
  handle: async (call, services) => {
    const { id: serverId } = call.params;
    const { every, weekday = null, day = null, at, zone, locations, paused } = call.body;
    await assertPlacesOffered(services, serverId, locations);
    const times: ScheduleTimes = { every, weekday, day, at, zone };
    const now = services.now();
    const wanted = { ...times, serverId, locations, paused, nextAt: nextRebuild(times, serverId, now) };
    return reply(200, showSchedule(await services.store.putSchedule(wanted, actorOf(call, now))));
  },
});

/** Throws a Problem if the server's plan is not to be had at one of the locations. */
async function assertPlacesOffered(
  { store, catalogue, config }: Services,
  serverId: string,
  locations: readonly string[],
): Promise<void> {
  if (locations.length === 0) return;
  const found = await store.readServer(serverId);
  if (!found) throw new NotFoundError('server', serverId);
  if (found.server.provider !== config.provider) return;
  const offer = await catalogue();
  for (const location of locations) assertOffered(offer, { location, plan: found.server.plan });
}

const remove = route({
  method: 'delete',
  path,
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Delete the schedule of a server',
  description: 'A rebuild that it has asked for goes on.',
  params: serverParams,
  answers: { 204: { description: 'Deleted', body: null } },
  problems: ['not-found', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) => {
    await store.deleteSchedule(call.params.id, actorOf(call, now()));
    return reply(204, null);
  },
});

const resume = route({
  method: 'post',
  path: '/v1/schedules/resume',
  access: 'jobs:write',
  summary: 'Let all schedules go on',
  description:
    'For the alert schedules-paused, once its cause is removed. Each schedule whose time has passed meanwhile rebuilds its server once.',
  answers: {
    200: { description: 'They go on', body: z.object({ resumedAt: instant }).meta({ id: 'SchedulesResumed' }) },
  },
  problems: ['database-busy', 'disk-full'],
  handle: async (call, { store, log, now }) => {
    const at = now();
    await store.resumeSchedules(actorOf(call, at));
    log.warn({ event: 'schedules-resumed', by: call.caller }, 'Resumed all schedules');
    return reply(200, { resumedAt: at.toISOString() });
  },
});

export const scheduleRoutes = [list, show, put, remove, resume];
