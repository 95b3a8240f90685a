import { expect, test } from 'vitest';
import { createJobOrders } from '#queues/run/job-orders.ts';

function orders(orderedAt: number | null) {
  const recorded: (number | null)[] = [];
  const silent: string[] = [];
  const now = new Date(1_000_000);
  const job = createJobOrders({
    jobId: 'job-1',
    brake: { assertAllowed: () => undefined, silent: (...about) => void silent.push(about.join(' ')) },
    progress: { orderedAt: () => orderedAt, recordOrder: (at) => void recorded.push(at) },
    shownWithinMs: 120_000,
    now: () => now,
  });
  return { job, recorded, silent };
}

test.each([
  ['no order', null, 0],
  ['an order now', 1_000_000, 120_000],
  ['an order half a minute ago', 970_000, 90_000],
  ['an order long ago', 0, 0],
  ['an order in the future, which is forged', 9_000_000, 120_000],
])('after %s, absence proves nothing for so long', (_, orderedAt, expected) => {
  expect(orders(orderedAt).job.undecidedMs()).toBe(expected);
});

test('an accepted order is recorded for the next run, until its machine is gone', () => {
  const { job, recorded, silent } = orders(null);
  job.accepted();
  job.silent('vps-1');
  job.gone();
  expect(recorded).toEqual([1_000_000, null]);
  expect(silent).toEqual(['job-1 vps-1']);
});
