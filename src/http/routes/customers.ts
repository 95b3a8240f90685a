import { z } from 'zod';
import { folded } from '#db/fold.ts';
import { reply, route } from '#src/http/route.ts';
import { distance } from '#src/http/services/distance.ts';
import { text } from '#src/http/shapes/fields.ts';

const mostFound = 20;
/** Letters that a person may have typed wrongly. */
const mostTypos = 3;

const find = route({
  method: 'get',
  path: '/v1/customers',
  access: 'servers:read',
  summary: 'Find customers by a part of their name',
  description:
    'Those whose name begins with the text, and those that differ from it by at most three letters behind its beginning; the closest first, at most 20. Case and accents do not count.',
  query: z.strictObject({ like: text(200) }),
  answers: {
    200: { description: 'The customers', body: z.object({ items: z.array(z.object({ customer: z.string() })) }) },
  },
  handle: async ({ query: { like } }, { store }) => {
    const wanted = plain(like);
    const beginnings = new Set([like, like.slice(0, Math.ceil(beforeAt(like).length / 2))]);
    const found = await Promise.all([...beginnings].map((beginning) => store.readSimilarCustomers(beginning)));
    const ranked = [...new Set(found.flat())].map((customer) => ({
      customer,
      typos: typosIn(plain(customer), wanted),
    }));
    const close = ranked.filter(({ typos }) => typos <= mostTypos).sort((one, other) => one.typos - other.typos);
    return reply(200, { items: close.slice(0, mostFound).map(({ customer }) => ({ customer })) });
  },
});

/** The name in an e-mail address; else the whole text. */
function beforeAt(text: string): string {
  return text.split('@')[0] || text;
}

/** Without case and accents. */
function plain(text: string): string {
  return folded(text).normalize('NFD').replaceAll(/\p{M}/gu, '');
}

/** 0 for a name that begins with the text. */
function typosIn(name: string, wanted: string): number {
  return name.startsWith(wanted) ? 0 : distance(name, wanted);
}

export const customerRoutes = [find];
