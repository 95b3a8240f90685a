import { z } from 'zod';
import type { StatementRow } from '#db/tables.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import { day, showStatement, statementShape } from '#src/http/shapes/statement.ts';

const list = route({
  method: 'get',
  path: '/v1/statements',
  access: 'money:read',
  summary: 'List what each day has cost and brought, newest first',
  description:
    'A statement is written once, after the end of its day. Costs are an estimate by hours. What is not known is null, and never 0.',
  query: z.strictObject({ ...pageQuery }),
  answers: { 200: { description: 'A page of statements', body: page(statementShape) } },
  handle: async ({ query }, { store }) => {
    const { rows, nextCursor } = await readPage<StatementRow>(query, {
      name: 'statements',
      key: /^\d{4}-\d{2}-\d{2}$/,
      keyOf: ({ day }) => day,
      read: (before, limit) => store.readStatements({ before, limit }),
    });
    return reply(200, { items: rows.map(showStatement), nextCursor });
  },
});

const show = route({
  method: 'get',
  path: '/v1/statements/{day}',
  access: 'money:read',
  summary: 'Show what a day has cost and brought',
  params: z.strictObject({ day }),
  answers: { 200: { description: 'The statement', body: statementShape } },
  problems: ['not-found'],
  handle: async ({ params: { day } }, { store }) => {
    const found = await store.readStatement(day);
    if (!found) throw new Problem('not-found', `There is no statement of ${day}. One is written after the day's end.`);
    return reply(200, showStatement(found));
  },
});

export const statementRoutes = [list, show];
