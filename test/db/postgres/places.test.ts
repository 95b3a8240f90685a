import { expect, test, vi } from 'vitest';
import { createPlaces, NoPlaceError } from '#db/postgres/places.ts';

/** Bodies that end when the test says so. */
function createBodies() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const body = (name: string) => async () => {
    begun.push(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(name, resolve);
    await promise;
    return name;
  };
  return { begun, body, end: (name: string) => ends.get(name)?.() };
}

test('only so many bodies run at a time, and those that wait begin in the order of the calls', async () => {
  const places = createPlaces(2);
  const { begun, body, end } = createBodies();
  const running = ['a', 'b', 'c', 'd'].map((name) => places.run(body(name), 10_000));
  await vi.waitFor(() => expect(begun).toEqual(['a', 'b']));
  end('b');
  await vi.waitFor(() => expect(begun).toEqual(['a', 'b', 'c']));
  end('a');
  end('c');
  await vi.waitFor(() => expect(begun).toEqual(['a', 'b', 'c', 'd']));
  end('d');
  expect(await Promise.all(running)).toEqual(['a', 'b', 'c', 'd']);
});

test('a call that gets no place in time is rejected, and one that fails frees its place', async () => {
  const places = createPlaces(1);
  const failing = places.run(() => new Promise((_, reject) => setTimeout(() => reject(new Error('no')), 50)), 10_000);
  const late = places.run(async () => 'never', 10);
  const waiting = places.run(async () => 'done', 10_000);
  await expect(late).rejects.toThrow(NoPlaceError);
  await expect(failing).rejects.toThrow('no');
  expect(await waiting).toBe('done');
  expect(await places.run(async () => 'again', 0)).toBe('again');
});
