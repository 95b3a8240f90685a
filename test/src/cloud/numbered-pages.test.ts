import { expect, it } from 'vitest';
import { z } from 'zod';
import { cloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import type { Page } from '#src/cloud/pages.ts';
import { faultOf, never } from './conformance/scene.ts';

/** Pages of two items, which `afterCall` may change. Calls in `refused` get 429 with this Retry-After in seconds. */
function pagesOf(things: string[], afterCall: (calls: number) => unknown, refused: Record<number, number> = {}) {
  let calls = 0;
  const fetch: typeof globalThis.fetch = async (url) => {
    const page = Number(new URL(String(url)).searchParams.get('page') ?? 1);
    const items = things.slice(2 * page - 2, 2 * page).map((id) => ({ id }));
    const next = things.length > 2 * page ? String(page + 1) : null;
    const answer = Response.json({ items, total: things.length, next });
    calls += 1;
    afterCall(calls);
    const seconds = refused[calls];
    if (seconds !== undefined) return new Response('', { status: 429, headers: { 'retry-after': String(seconds) } });
    return answer;
  };
  return { read: readerOf(fetch), calls: () => calls };
}

function readerOf(fetch: typeof globalThis.fetch) {
  const messages = { errorMessageIn: () => null, meaningOf: () => null };
  const http = cloudHttp({ provider: 'cloud', apiUrl: 'http://cloud', apiKey: 'k', ...messages, fetch });
  const thing = z.object({ id: z.string() });
  const page: z.ZodType<Page<{ id: string }>> = z.object({
    items: z.array(thing),
    total: z.int().nullable(),
    next: z.string().nullable(),
  });
  return () => everyNumberedPage(http, { path: '/things', filter: {}, page, perPage: 2 }, never);
}

it('an item that is removed between two pages hides no other', async () => {
  const things = ['a', 'b', 'c', 'd', 'e'];
  const { read, calls } = pagesOf(things, (call) => call === 1 && things.shift());
  expect((await read()).map(({ id }) => id)).toEqual(['b', 'c', 'd', 'e']);
  expect(calls()).toBe(4);
});

it('an item that is added between two pages hides no other', async () => {
  const things = ['a', 'b', 'c'];
  const { read } = pagesOf(things, (call) => call === 1 && things.unshift('new'));
  expect((await read()).map(({ id }) => id)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
});

it('a listing that changes at every page fails', async () => {
  const things = Array.from({ length: 30 }, (_, index) => `thing ${index}`);
  const { read } = pagesOf(things, () => things.shift());
  expect(await faultOf(read())).toBe('unavailable');
});

const noChange = () => undefined;

it('a later page that is rate-limited is requested again, and the pages before it are kept', async () => {
  const { read, calls } = pagesOf(['a', 'b', 'c', 'd', 'e'], noChange, { 2: 0.01, 3: 0.01 });
  expect(await read()).toHaveLength(5);
  expect(calls()).toBe(5);
});

it.each([
  ['the first page is rate-limited', { 1: 0.01 }, 1],
  ['the wait is too long', { 2: 31 }, 2],
  ['the waits have no end', Object.fromEntries(Array.from({ length: 50 }, (_, n) => [n + 2, 0])), 12],
])('a listing fails if %s', async (_, refused, made) => {
  const { read, calls } = pagesOf(['a', 'b', 'c'], noChange, refused);
  expect(await faultOf(read())).toBe('rate-limited');
  expect(calls()).toBe(made);
});

/** A listing whose pages are all full and have the `next` of `nextOf`. After 1,100 calls it fails. */
function endless(nextOf: (page: number) => number) {
  let calls = 0;
  const fetch: typeof globalThis.fetch = async (url) => {
    calls += 1;
    if (calls > 1_100) return new Response('', { status: 500 });
    const page = Number(new URL(String(url)).searchParams.get('page') ?? 1);
    return Response.json({ items: [{ id: String(calls) }], total: null, next: String(nextOf(page)) });
  };
  return { read: readerOf(fetch), calls: () => calls };
}

it.each<[string, (page: number) => number, number]>([
  ['repeat', () => 2, 2],
  ['lead back', (page) => (page === 3 ? 2 : page + 1), 3],
  ['have no end', (page) => page + 1, 1_001],
])('a listing whose pages %s is given up', async (_, nextOf, made) => {
  const { read, calls } = endless(nextOf);
  expect([await faultOf(read()), calls()]).toEqual(['rejected', made]);
});
