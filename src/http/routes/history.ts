import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { historyEvents } from '#db/events.ts';
import type { HistoryEntry } from '#db/reads/events.ts';
import { reply, route } from '#src/http/route.ts';
import { eventFields, showFields } from '#src/http/shapes/event.ts';
import { page, pageQuery, readPage, sequenceKey } from '#src/http/shapes/paging.ts';
import { serverParams } from '#src/http/shapes/server.ts';

export const entryShape = z
  .object({
    id: z.number().int(),
    eventId: z.string().meta({ description: 'For `GET /v1/events/{id}`, which shows its causes.' }),
    event: z.enum(historyEvents),
    ...eventFields,
  })
  .meta({ id: 'HistoryEntry' });

const history = route({
  method: 'get',
  path: '/v1/servers/{id}/history',
  access: 'servers:read',
  forCustomers: 'server',
  summary: 'List the events of a server, oldest first',
  params: serverParams,
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of the history', body: page(entryShape) } },
  problems: ['not-found'],
  handle: async ({ params: { id }, query }, { store }) => {
    const { rows, nextCursor } = await readPage(query, {
      name: 'history',
      key: sequenceKey,
      read: (after, limit) => store.readHistory(id, Number(after ?? 0), limit),
      keyOf: (entry) => String(entry.id),
    });
    // The history of a server stays when its row is pruned.
    if (rows.length === 0 && !(await store.readServer(id))) throw new NotFoundError('server', id);
    return reply(200, { items: rows.map(showEntry), nextCursor });
  },
});

function showEntry(entry: HistoryEntry): z.output<typeof entryShape> {
  const { id, uid: eventId, event } = entry;
  // A server's events have only these words.
  return entryShape.parse({ id, eventId, event, ...showFields(entry) });
}

export const historyRoutes = [history];
