import { expect, test } from 'vitest';
import { NoPlaceError } from '#db/postgres/places.ts';
import { createTogether, type TogetherOptions } from '#db/postgres/together.ts';

type Group = PromiseWithResolvers<readonly unknown[]> & { readonly items: readonly string[] };

/** Each group waits for the test, which resolves or rejects it. */
function grouped(options: Partial<TogetherOptions<string>> = {}) {
  const groups: Group[] = [];
  const aloneRuns: string[] = [];
  const together = createTogether<string>({
    atOnce: 1,
    mostItems: 10,
    runTogether: (items) => {
      const group = { items, ...Promise.withResolvers<readonly unknown[]>() };
      groups.push(group);
      return group.promise;
    },
    ...options,
  });
  const run = (item: string, apart?: string, waitMs?: number) =>
    together({
      item,
      ...(apart !== undefined && { apart }),
      ...(waitMs !== undefined && { waitMs }),
      alone: async (failure) => {
        aloneRuns.push(item);
        if (failure !== undefined && item !== 'stuck') throw failure;
        if (item === 'stuck') await new Promise(() => undefined);
        if (item === 'bad') throw new Error('bad by itself');
        return `${item} alone`;
      },
    });
  return { run, groups, aloneRuns };
}

const turn = () => new Promise(setImmediate);

test('those that come in one turn are a group, and each has its own result', async () => {
  const { run, groups } = grouped();
  const results = Promise.all([run('a'), run('b')]);
  await turn();
  expect(groups.map(({ items }) => items)).toEqual([['a', 'b']]);
  groups[0]?.resolve(['A', 'B']);
  expect(await results).toEqual(['A', 'B']);
});

test('those that come while a group runs are the next group', async () => {
  const { run, groups } = grouped();
  const first = Promise.all([run('a'), run('b')]);
  await turn();
  const second = Promise.all([run('c'), run('d')]);
  await turn();
  expect(groups).toHaveLength(1);
  groups[0]?.resolve(['A', 'B']);
  await first;
  await turn();
  groups[1]?.resolve(['C', 'D']);
  expect(await second).toEqual(['C', 'D']);
});

test('the failure of a group of one is told to it, and to nobody else', async () => {
  const { run, groups, aloneRuns } = grouped({ mostItems: 1 });
  const ends = Promise.allSettled([run('a'), run('b')]);
  await turn();
  groups[0]?.reject(new Error('of a'));
  expect(await ends).toEqual([
    { status: 'rejected', reason: new Error('of a') },
    { status: 'fulfilled', value: 'b alone' },
  ]);
  expect(aloneRuns).toEqual(['a', 'b']);
});

test('only so many groups run at a time, of so many items', async () => {
  const { run, groups } = grouped({ atOnce: 2, mostItems: 2 });
  for (const item of ['a', 'b', 'c', 'd', 'e', 'f']) void run(item);
  await turn();
  const [ab, cd] = [
    ['a', 'b'],
    ['c', 'd'],
  ];
  expect(groups.map(({ items }) => items)).toEqual([ab, cd]);
  groups[1]?.resolve(['C', 'D']);
  await turn();
  expect(groups.map(({ items }) => items)).toEqual([ab, cd, ['e', 'f']]);
});

test('those that must be apart are in groups of their own, and the others go before them', async () => {
  const { run, groups, aloneRuns } = grouped();
  const first = Promise.all([run('a', 'eve'), run('b', 'eve'), run('c', 'bob'), run('d')]);
  await turn();
  groups[0]?.resolve(['A', 'C', 'D']);
  await turn();
  groups[1]?.resolve(['B']);
  expect(await first).toEqual(['A', 'B', 'C', 'D']);
  expect(groups.map(({ items }) => items)).toEqual([['a', 'c', 'd'], ['b']]);
  expect(aloneRuns).toEqual([]);
});

test('one that is stuck alone keeps no other one waiting', async () => {
  const { run, groups } = grouped();
  void run('stuck');
  await turn();
  groups[0]?.reject(new Error('it waits for a lock'));
  await turn();
  const later = Promise.all([run('a'), run('b')]);
  await turn();
  groups[1]?.resolve(['A', 'B']);
  expect(await later).toEqual(['A', 'B']);
});

test('after a group has failed, those that wait run alone as well, and a stuck one among them holds up nobody', async () => {
  const { run, groups } = grouped({ mostItems: 2 });
  const ends = [run('a'), run('stuck'), run('c'), run('d')];
  await turn();
  groups[0]?.reject(new Error('one of them'));
  expect(await Promise.all([ends[0], ends[2], ends[3]])).toEqual(['a alone', 'c alone', 'd alone']);
  const later = Promise.all([run('e'), run('f')]);
  await turn();
  groups[1]?.resolve(['E', 'F']);
  expect(await later).toEqual(['E', 'F']);
});

test('one by itself is a group, and those that come meanwhile are the next one', async () => {
  const { run, groups } = grouped();
  const first = run('a');
  await turn();
  const next = Promise.all([run('b'), run('c')]);
  groups[0]?.resolve(['A']);
  expect(await first).toBe('A');
  await turn();
  groups[1]?.resolve(['B', 'C']);
  expect(await next).toEqual(['B', 'C']);
});

test('after a group has failed each of them runs alone, and has its own error', async () => {
  const { run, groups } = grouped();
  const ends = Promise.allSettled([run('a'), run('bad'), run('c')]);
  await turn();
  groups[0]?.reject(new Error('one of them'));
  expect(await ends).toEqual([
    { status: 'fulfilled', value: 'a alone' },
    { status: 'rejected', reason: new Error('bad by itself') },
    { status: 'fulfilled', value: 'c alone' },
  ]);
});

test('one that has waited for its whole time gets in no group; one in a group stays', async () => {
  const { run, groups, aloneRuns } = grouped();
  const first = run('a', 'eve', 10);
  await turn();
  await expect(run('b', 'eve', 20)).rejects.toThrow(NoPlaceError);
  const third = run('c', 'eve', 60_000);
  groups[0]?.resolve(['A']);
  expect(await first).toBe('A');
  await turn();
  groups[1]?.resolve(['C']);
  expect(await third).toBe('C');
  expect([groups.map(({ items }) => items), aloneRuns]).toEqual([[['a'], ['c']], ['b']]);
});
