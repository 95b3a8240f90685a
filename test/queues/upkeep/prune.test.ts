import { expect, test } from 'vitest';
import type { Prunable, PrunedPage } from '#db/transactions/prune.ts';
import { createPruning } from '#queues/upkeep/prune.ts';

const noon = new Date('2026-05-01T12:00:00.000Z');
const keptDays = { answers: 1, deliveries: 30, jobs: 2, machines: 3, servers: 4, workers: 5 };
const { signal } = new AbortController();

/** A store that answers these `next`, and then null. */
function storeWith(nexts: Partial<Record<Prunable, (string | null)[]>>, pageMs = 0) {
  const calls: [what: Prunable, page: PrunedPage][] = [];
  const prune = async (what: Prunable, page: PrunedPage) => {
    calls.push([what, page]);
    if (pageMs > 0) await new Promise((resolve) => setTimeout(resolve, pageMs));
    return { deleted: 1, next: nexts[what]?.shift() ?? null };
  };
  return { calls, prune };
}

test('each table is pruned by its own age, page by page, and a row before those that it refers to', async () => {
  const { calls, prune } = storeWith({ jobs: ['job-5', 'job-9'] });
  const pruning = createPruning({ store: { prune }, keptDays, now: () => noon });
  expect(await pruning.goOn(signal)).toBe(true);
  const day = (number: number) => new Date(`2026-04-${String(31 - number).padStart(2, '0')}T12:00:00.000Z`);
  expect(calls).toEqual([
    ['answers', { before: day(1), after: '' }],
    ['deliveries', { before: day(30), after: '' }],
    ['jobs', { before: day(2), after: '' }],
    ['jobs', { before: day(2), after: 'job-5' }],
    ['jobs', { before: day(2), after: 'job-9' }],
    ['machines', { before: day(3), after: '' }],
    ['servers', { before: day(4), after: '' }],
    ['workers', { before: day(5), after: '' }],
  ]);
  calls.splice(0);
  expect(await pruning.goOn(signal)).toBe(true);
  expect(calls.map(([what]) => what)).toEqual(['answers', 'deliveries', 'jobs', 'machines', 'servers', 'workers']);
});

test('a prune that takes longer than a second is interrupted, and goes on at its place', async () => {
  const { calls, prune } = storeWith({ jobs: ['job-1', 'job-2', 'job-3', 'job-4'] }, 400);
  const pruning = createPruning({ store: { prune }, keptDays, now: () => noon });
  expect(await pruning.goOn(signal)).toBe(false);
  const before = calls.length;
  expect(before).toBeLessThan(5);
  while (!(await pruning.goOn(signal)));
  expect(calls.map(([what, { after }]) => `${what} ${after}`)).toEqual([
    'answers ',
    'deliveries ',
    'jobs ',
    'jobs job-1',
    'jobs job-2',
    'jobs job-3',
    'jobs job-4',
    'machines ',
    'servers ',
    'workers ',
  ]);
});

test('a worker that stops deletes no further page', async () => {
  const { calls, prune } = storeWith({ answers: ['', ''] });
  const pruning = createPruning({ store: { prune }, keptDays, now: () => noon });
  expect(await pruning.goOn(AbortSignal.abort())).toBe(false);
  expect(calls).toHaveLength(1);
});

test('a page that fails is repeated', async () => {
  let fails = true;
  const { calls, prune } = storeWith({ answers: [''] });
  const failing = async (what: Prunable, page: PrunedPage) => {
    if (calls.length === 1 && fails) throw new Error('busy');
    return prune(what, page);
  };
  const pruning = createPruning({ store: { prune: failing }, keptDays, now: () => noon });
  await expect(pruning.goOn(signal)).rejects.toThrow('busy');
  fails = false;
  expect(await pruning.goOn(signal)).toBe(true);
  expect(calls.map(([what]) => what)).toEqual([
    'answers',
    'answers',
    'deliveries',
    'jobs',
    'machines',
    'servers',
    'workers',
  ]);
});
