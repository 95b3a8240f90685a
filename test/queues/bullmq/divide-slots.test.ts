import { expect, test } from 'vitest';
import { divideSlots } from '#queues/bullmq/bull-worker.ts';

test('the Workers of a process have all its slots, and no more', () => {
  for (let concurrency = 1; concurrency <= 5_000; concurrency += 1) {
    const slots = divideSlots(concurrency);
    expect(slots.reduce((sum, one) => sum + one)).toBe(concurrency);
    expect(Math.min(...slots)).toBeGreaterThanOrEqual(1);
  }
});

test('the first Worker is small, so that its jobs start while the others fill', () => {
  for (const concurrency of [100, 1_000, 5_000]) {
    const slots = divideSlots(concurrency);
    expect(slots[0]).toBeLessThanOrEqual(30);
    // Each starts later than the one before.
    expect(slots).toEqual(slots.toSorted((one, other) => one - other));
    expect(slots.length).toBeLessThanOrEqual(Math.sqrt(concurrency));
  }
  // A Worker more makes an idle process a little slower to take a job.
  expect(divideSlots(50)).toEqual([50]);
});
