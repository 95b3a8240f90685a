import { expect, test } from 'vitest';
import { createClockGuard } from '#queues/clock/clock-guard.ts';
import { quiet } from '../../world.ts';

const twoHours = 7_200_000;

/** Says how far this host is ahead of the database, and of Redis (null: it is silent). */
function guarded() {
  const ahead: { database: number; redis: number | null } = { database: 0, redis: 0 };
  const told: string[] = [];
  const guard = createClockGuard({
    clock: { aheadMs: () => ahead.database },
    redisTime: async () => (ahead.redis === null ? null : Date.now() - ahead.redis),
    worker: { pause: async () => void told.push('pause'), resume: async () => void told.push('resume') },
    log: quiet,
  });
  return { ahead, told, guard };
}

test.each([twoHours, -twoHours])(
  'a worker whose clock is %d ms ahead of all others takes no jobs until it is right',
  async (ms) => {
    const { ahead, told, guard } = guarded();
    Object.assign(ahead, { database: ms, redis: ms });
    await guard.runOnce();
    await guard.runOnce();
    expect(told).toEqual(['pause']);
    expect(guard.isWrong()).toBe(true);
    Object.assign(ahead, { database: 0, redis: 0 });
    await guard.runOnce();
    expect(told).toEqual(['pause', 'resume']);
    expect(guard.isWrong()).toBe(false);
  },
);

test.each([
  { database: twoHours, redis: 0 },
  { database: 0, redis: twoHours },
  { database: 20_000, redis: 20_000 },
])('it goes on where only one contradicts it, or hardly: %j', async (differences) => {
  const { ahead, told, guard } = guarded();
  Object.assign(ahead, differences);
  await guard.runOnce();
  expect(told).toEqual([]);
});

test('what Redis says is waited for where the database contradicts it', async () => {
  const { ahead, told, guard } = guarded();
  Object.assign(ahead, { database: twoHours, redis: null });
  await guard.runOnce();
  expect(told).toEqual(['pause']);
  ahead.redis = 0;
  await guard.runOnce();
  expect(told).toEqual(['pause', 'resume']);
});
