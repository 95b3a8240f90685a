import { expect, test, vi } from 'vitest';
import { cached } from '#src/http/services/cached.ts';

test('callers share a result, and a call that is still running', async () => {
  const read = vi.fn(async () => 'read');
  const get = cached(60_000, read);
  expect(await Promise.all([get(), get()])).toEqual(['read', 'read']);
  expect(await get()).toBe('read');
  expect(read).toHaveBeenCalledOnce();
});

test.each([
  ['a failed call', () => Promise.reject(new Error('No.'))],
  ['the result null', () => Promise.resolve(null)],
])('%s is not cached', async (_, first) => {
  const read = vi.fn<() => Promise<string | null>>().mockImplementationOnce(first).mockResolvedValue('read');
  const get = cached(60_000, read);
  await get().catch(() => undefined);
  expect([await get(), await get()]).toEqual(['read', 'read']);
  expect(read).toHaveBeenCalledTimes(2);
});
