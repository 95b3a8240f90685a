import { expect, test } from 'vitest';
import { createLockQueue } from '#db/sqlite/lock-queue.ts';
import { countTurns } from '../../event-loop-turns.ts';

class TakenError extends Error {}

/** A lock that another process may hold. Each body is a transaction of its own. */
function createLock() {
  const lock = { isTaken: false, tries: 0 };
  const queue = createLockQueue({
    isTaken: (error) => error instanceof TakenError,
    inOneTransaction: () => expect.unreachable('No body may share its transaction.'),
    isInTransaction: () => false,
  });
  const run = <R>(body: () => R, busyTimeoutMs = 10_000) =>
    queue.run(
      () => {
        lock.tries += 1;
        if (lock.isTaken) throw new TakenError();
        return body();
      },
      { busyTimeoutMs, mayShare: false },
    );
  return { lock, run };
}

test('short bodies share a turn of the event loop, and run in the order of the calls', async () => {
  const { run } = createLock();
  const turn = countTurns();
  const ran: { number: number; turn: number }[] = [];
  await Promise.all(Array.from({ length: 100 }, (_, number) => run(() => void ran.push({ number, turn: turn.now }))));
  turn.stop();
  expect(ran.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, number) => number));
  expect(new Set(ran.map((one) => one.turn)).size).toBeLessThan(20);
});

test('a body that throws rejects its own call only, and a body may ask for another', async () => {
  const { run } = createLock();
  const failing = run(() => {
    throw new Error('no');
  });
  const nested = run(() => run(() => 'inner'));
  await expect(failing).rejects.toThrow('no');
  expect(await nested).toBe('inner');
  expect(await run(() => 'later')).toBe('later');
});

test('while the lock is taken only the first tries, and afterwards all run in the order of the calls', async () => {
  const { lock, run } = createLock();
  lock.isTaken = true;
  const ran: number[] = [];
  const running = Array.from({ length: 1_000 }, (_, number) => run(() => void ran.push(number)));
  await untilTried(lock, 20);
  // A try of each would be 20,000.
  expect(lock.tries).toBeLessThan(1_000);
  lock.isTaken = false;
  await Promise.all(running);
  expect(ran).toEqual(Array.from({ length: 1_000 }, (_, number) => number));
});

test('a call whose time-out ends is rejected with the error of the lock, and the others wait on', async () => {
  const { lock, run } = createLock();
  lock.isTaken = true;
  const waiting = run(() => 'late');
  const hasty = run(() => 'never', 20);
  const atOnce = run(() => 'never', 0);
  await Promise.all([hasty, atOnce].map((given) => expect(given).rejects.toThrow(TakenError)));
  lock.isTaken = false;
  expect(await waiting).toBe('late');
});

test('a call that must wait for the bodies before it is not rejected for that, whatever its time-out', async () => {
  const { run } = createLock();
  const slow = Array.from({ length: 10 }, () => run(() => spin(5)));
  expect(await run(() => 'done', 0)).toBe('done');
  await Promise.all(slow);
});

test('after it has met another process, the queue leaves the lock free between two turns', async () => {
  const { lock, run } = createLock();
  const turn = countTurns();
  /** The numbers of turns of the event loop between bodies that take a slice each. */
  const gaps = async () => {
    const turns: number[] = [];
    const body = () => {
      turns.push(turn.now);
      spin(5);
    };
    await Promise.all(Array.from({ length: 4 }, () => run(body)));
    return turns.slice(1).map((number, n) => number - (turns[n] ?? 0));
  };
  const alone = await gaps();
  lock.isTaken = true;
  const waiting = run(() => 'free');
  await untilTried(lock, lock.tries + 2);
  lock.isTaken = false;
  await waiting;
  const crowded = await gaps();
  turn.stop();
  expect(alone).toEqual([1, 1, 1]);
  expect(Math.max(...crowded)).toBeGreaterThan(2);
});

/** Resolves once the queue has tried this often. */
async function untilTried(lock: { readonly tries: number }, tries: number): Promise<void> {
  while (lock.tries < tries) await new Promise((resolve) => setTimeout(resolve, 1));
}

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
