import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import type { HistoryEntry } from '#db/tables.ts';
import { historyEvents } from '#db/transactions/history.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';
import { page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import { serverParams } from '#src/http/shapes/server.ts';

const entryShape = z
  .object({
    id: z.number().int(),
    jobId: z.string().nullable(),
    event: z.enum(historyEvents),
    detail: z.record(z.string(), z.unknown()).meta({ description: 'Details of the event, such as kind and error.' }),
    at: instant,
  })
  .meta({ id: 'HistoryEntry' });

/** Fits into an integer of Postgres. */
const entryKey = /^\d{1,9}$/;

const history = route({
  method: 'get',
  path: '/v1/servers/{id}/history',
  access: 'reader',
  summary: 'List the events of a server, oldest first',
  params: serverParams,
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of the history', body: page(entryShape) } },
  problems: ['not-found'],
  handle: async ({ params: { id }, query }, { store }) => {
    const { rows, nextCursor } = await readPage(query, {
      name: 'history',
      key: entryKey,
      read: (after, limit) => store.readHistory(id, Number(after ?? 0), limit),
      keyOf: (entry) => String(entry.id),
    });
    // The history of a server stays when its row is pruned.
    if (rows.length === 0 && !(await store.readServer(id))) throw new NotFoundError('server', id);
    return reply(200, { items: rows.map(showEntry), nextCursor });
  },
});

function showEntry({ id, jobId, event, detail, at }: HistoryEntry): z.output<typeof entryShape> {
  // The column holds JSON; `recordEvent` writes only values that this schema accepts.
  return entryShape.parse({ id, jobId, event, detail, at: at.toISOString() });
}

export const historyRoutes = [history];
