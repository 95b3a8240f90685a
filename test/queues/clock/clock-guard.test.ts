import { expect, test } from 'vitest';
import { createClockGuard } from '#queues/clock/clock-guard.ts';
import { quiet } from '../../world.ts';

const twoHours = 7_200_000;

/** `ahead` is the lead of this host over the database and over Redis, in ms; null if Redis does not answer. */
function guarded() {
  const ahead: { database: number; redis: number | null } = { database: 0, redis: 0 };
  const calls: string[] = [];
  const guard = createClockGuard({
    clock: { aheadMs: () => ahead.database },
    redisTime: async () => (ahead.redis === null ? null : Date.now() - ahead.redis),
    worker: { pause: async () => void calls.push('pause'), resume: async () => void calls.push('resume') },
    log: quiet,
  });
  return { ahead, calls, guard };
}

test.each([twoHours, -twoHours])(
  'a worker whose clock is %d ms ahead of all others takes no jobs until the clock is right',
  async (ms) => {
    const { ahead, calls, guard } = guarded();
    Object.assign(ahead, { database: ms, redis: ms });
    await guard.runOnce();
    await guard.runOnce();
    expect(calls).toEqual(['pause']);
    expect(guard.isWrong()).toBe(true);
    Object.assign(ahead, { database: 0, redis: 0 });
    await guard.runOnce();
    expect(calls).toEqual(['pause', 'resume']);
    expect(guard.isWrong()).toBe(false);
  },
);

test.each([
  { database: twoHours, redis: 0 },
  { database: 0, redis: twoHours },
  { database: 20_000, redis: 20_000 },
])('the worker continues if only one of the two contradicts the clock, or only slightly: %j', async (differences) => {
  const { ahead, calls, guard } = guarded();
  Object.assign(ahead, differences);
  await guard.runOnce();
  expect(calls).toEqual([]);
});

test('the worker waits for the answer of Redis if the database contradicts the clock', async () => {
  const { ahead, calls, guard } = guarded();
  Object.assign(ahead, { database: twoHours, redis: null });
  await guard.runOnce();
  expect(calls).toEqual(['pause']);
  ahead.redis = 0;
  await guard.runOnce();
  expect(calls).toEqual(['pause', 'resume']);
});
