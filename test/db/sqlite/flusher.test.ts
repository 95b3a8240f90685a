import { expect, test } from 'vitest';
import { FlushFailedError } from '#db/errors.ts';
import { createFlusher } from '#db/sqlite/flusher.ts';

/** A flusher whose syncs end when the test says so. */
function underTest() {
  const syncs: PromiseWithResolvers<void>[] = [];
  const seen = { flushed: 0, failed: [] as FlushFailedError[] };
  const sync = () => {
    const begun = Promise.withResolvers<void>();
    syncs.push(begun);
    return begun.promise;
  };
  const { flush, fail } = createFlusher(sync, {
    flushed: () => seen.flushed++,
    flushFailed: (error) => seen.failed.push(error),
  });
  return { syncs, seen, flush, fail };
}

/** Until all promises that can be settled are. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('calls of one moment share a flush, and calls during it share the next', async () => {
  const { syncs, seen, flush } = underTest();
  const order: string[] = [];
  const calls = ['a', 'b'].map((name) => flush().then(() => order.push(name)));
  await settled();
  calls.push(...['c', 'd', 'e'].map((name) => flush().then(() => order.push(name))));
  await settled();
  expect(syncs).toHaveLength(1);
  syncs[0]?.resolve();
  await settled();
  expect(order).toEqual(['a', 'b']);
  expect(syncs).toHaveLength(2);
  syncs[1]?.resolve();
  await Promise.all(calls);
  expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(seen.flushed).toBe(2);
  expect(syncs).toHaveLength(2);
});

test('a failed flush fails all who wait and all who come later, and is reported once', async () => {
  const { syncs, seen, flush } = underTest();
  const first = flush().catch((error: unknown) => error);
  await settled();
  const waiting = flush().catch((error: unknown) => error);
  syncs[0]?.reject(new Error('EIO: i/o error, fdatasync'));
  const failure = await first;
  expect(failure).toBeInstanceOf(FlushFailedError);
  expect(String(failure)).toContain('did not write the last commits (EIO: i/o error, fdatasync)');
  expect(await waiting).toBe(failure);
  await expect(flush()).rejects.toBe(failure);
  expect(syncs).toHaveLength(1);
  expect(seen).toEqual({ flushed: 0, failed: [failure] });
});

test('a failed sync elsewhere fails the flush under way as well', async () => {
  const { syncs, seen, flush, fail } = underTest();
  const flushing = flush().catch((error: unknown) => error);
  await settled();
  const failure = fail(new Error('SQLITE_IOERR_FSYNC'));
  syncs[0]?.resolve();
  expect(await flushing).toBe(failure);
  expect(seen).toEqual({ flushed: 0, failed: [failure] });
});
