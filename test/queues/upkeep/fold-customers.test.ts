import { expect, test, vi } from 'vitest';
import { foldCustomers } from '#queues/upkeep/fold-customers.ts';
import { quiet } from '../../world.ts';

const now = new Date('2026-05-01T12:00:00Z');

test.each([
  [0, []],
  [3, [[{ event: 'customers-folded', customers: 3 }, expect.any(String)]]],
])('%i folded customers are logged as %j', async (customers, lines) => {
  const log = { ...quiet, info: vi.fn() };
  await foldCustomers({ store: { foldCustomers: async () => customers }, log }, now);
  expect(log.info.mock.calls).toEqual(lines);
});

test('an API starts even if they cannot be folded', async () => {
  const log = { ...quiet, warn: vi.fn() };
  await foldCustomers({ store: { foldCustomers: () => Promise.reject(new Error('locked')) }, log }, now);
  expect(log.warn.mock.calls).toEqual([
    [{ event: 'customers-not-folded', error: 'Error: locked' }, expect.any(String)],
  ]);
});
