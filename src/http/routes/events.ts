import { z } from 'zod';
import { eventTypes, serviceActors } from '#db/events.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { eventShape, showEvent } from '#src/http/shapes/event.ts';
import { id, queryInstant } from '#src/http/shapes/fields.ts';
import { page, pageQuery, searchPage, sequenceKey } from '#src/http/shapes/paging.ts';

const actor = z
  .templateLiteral(['key:', z.string().regex(/[a-z0-9-]{1,40}/)])
  .or(z.templateLiteral(['link:', z.string().regex(/[a-z0-9-]{1,26}/)]))
  .or(z.enum(serviceActors))
  .meta({
    description: '`key:<name of a token>`, `link:<id of a link>`, or a part of the service.',
    example: 'key:shop',
  });

const list = route({
  method: 'get',
  path: '/v1/events',
  access: 'audit:read',
  forCustomers: 'filtered',
  summary: 'List what was asked and done, newest first',
  description:
    'Every accepted command, sign-in and click in the dashboard, with its caller, and what the service did. Events are never changed or deleted. A search that looks at many events ends before its page is full: go on with `nextCursor` until it is null.',
  query: z.strictObject({
    actor: actor.optional(),
    type: z.enum(eventTypes).optional(),
    server: id.optional(),
    since: queryInstant.optional(),
    ...pageQuery,
  }),
  answers: { 200: { description: 'A page of events', body: page(eventShape) } },
  handle: async ({ query: { limit, cursor, server: serverId, ...filter }, owner }, { store }) => {
    const { rows, nextCursor } = await searchPage(
      { limit, cursor },
      {
        name: 'events',
        key: sequenceKey,
        read: async (key, limit) => {
          const before = key === undefined ? undefined : Number(key);
          const { events, next } = await store.readEvents({ ...filter, serverId, owner, before, limit });
          return { rows: events, next: next === null ? null : String(next) };
        },
      },
    );
    return reply(200, { items: rows.map(showEvent), nextCursor });
  },
});

export const withCauses = z
  .object({
    ...eventShape.shape,
    causes: z.array(eventShape).meta({ description: 'Its cause, the cause of that, and so on to the first.' }),
  })
  .meta({ id: 'EventWithCauses' });

const show = route({
  method: 'get',
  path: '/v1/events/{id}',
  access: 'audit:read',
  forCustomers: 'filtered',
  summary: 'Show an event with its causes',
  params: z.strictObject({ id: id.meta({ description: 'The id of an event.' }) }),
  answers: { 200: { description: 'The event', body: withCauses } },
  problems: ['not-found'],
  handle: async ({ params: { id }, owner }, { store }) => {
    const found = await store.readEventWithCauses(id, owner);
    if (!found) throw new Problem('not-found', `There is no event ${id}.`);
    return reply(200, { ...showEvent(found.event), causes: found.causes.map(showEvent) });
  },
});

export const eventRoutes = [list, show];
