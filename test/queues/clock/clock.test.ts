import { expect, test } from 'vitest';
import { openClock } from '#queues/clock/clock.ts';

/** The clocks of a host and of the database, all set by hand. */
async function clocks() {
  const at = { wall: 1_000_000, monotonic: 50, database: 1_000_000, answerMs: 0 };
  const readTime = async () => {
    at.monotonic += at.answerMs;
    at.database += at.answerMs;
    return new Date(at.database - at.answerMs / 2);
  };
  const pass = (ms: number) => {
    for (const clock of ['wall', 'monotonic', 'database'] as const) at[clock] += ms;
  };
  const clock = await openClock(readTime, { wall: () => at.wall, monotonic: () => at.monotonic });
  return { at, pass, clock };
}

test("the time follows the database's clock, and continues without the database", async () => {
  const { at, pass, clock } = await clocks();
  pass(1_500);
  expect(clock.now().getTime()).toBe(at.database);
  expect(clock.aheadMs()).toBe(0);
});

test("a jump of the host's clock does not change the time, and is reported", async () => {
  const { at, clock } = await clocks();
  at.wall += 7_200_000;
  expect(clock.now().getTime()).toBe(at.database);
  expect(clock.aheadMs()).toBe(7_200_000);
});

test("the time follows the database's clock", async () => {
  const { at, clock } = await clocks();
  at.database += 3_000;
  await clock.look();
  expect(clock.now().getTime()).toBe(at.database);
  expect(clock.aheadMs()).toBe(-3_000);
});

test('a slow answer does not set the clock', async () => {
  const { at, clock } = await clocks();
  const before = at.database;
  Object.assign(at, { answerMs: 4_000, database: at.database + 60_000 });
  await clock.look();
  expect(clock.now().getTime()).toBe(before + 4_000);
});
