import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ProviderError } from '#queues/ports/provider.ts';
import { createSharedListing } from '#queues/run/shared-listing.ts';
import { countTurns } from '../../event-loop-turns.ts';
import { type FakeProvider, fakeProvider } from '../../fakes/provider.ts';

let provider: FakeProvider;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  provider = fakeProvider();
});
afterEach(() => void vi.useRealTimers());

const createListing = () => createSharedListing({ provider, installation: 'test' });
const { signal } = new AbortController();
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('one list call serves all waiting runs', async () => {
  const shared = createListing();
  const waiting = Promise.all(Array.from({ length: 200 }, () => shared.nextListing('steady', signal)));
  await pass(1_000);
  provider.put({ name: 'gf-srv-1-1', owner: { installation: 'test', serverId: 'srv-1' } });
  const listings = await waiting;
  expect(provider.count('list')).toBe(1);
  expect(new Set(listings).size).toBe(1);
});

test('each waiting run continues in its own event loop turn, so that the loop is not blocked', async () => {
  const shared = createListing();
  const turn = countTurns();
  const turns = new Set<number>();
  const waiting = Promise.all(
    Array.from({ length: 50 }, () => shared.nextListing('steady', signal).then(() => void turns.add(turn.now))),
  );
  await pass(1_000);
  await waiting;
  turn.stop();
  expect(turns.size).toBe(50);
});

test('many requests cause at most one list call per interval', async () => {
  const shared = createListing();
  let served = 0;
  const insist = async () => {
    for (;;) {
      await shared.nextListing('steady', signal);
      served += 1;
    }
  };
  void insist();
  void insist();
  for (let second = 0; second < 26; second += 1) await pass(1_000);
  expect(provider.count('list')).toBe(6);
  expect(served).toBeGreaterThanOrEqual(10);
});

test('the interval grows with the number of listed machines', async () => {
  const shared = createListing();
  for (const serverId of ['srv-1', 'srv-2', 'srv-3']) {
    provider.put({ name: `gf-${serverId}-1`, owner: { installation: 'test', serverId } });
  }
  const first = shared.nextListing('steady', signal);
  await pass(1_000);
  await first;
  const second = shared.nextListing('steady', signal);
  await pass(14_000);
  expect(provider.count('list')).toBe(1);
  await pass(1_000);
  await second;
  expect(provider.count('list')).toBe(2);
});

test('nothing is listed while no run waits', async () => {
  createListing();
  await pass(60_000);
  expect(provider.calls).toEqual([]);
});

test('a run that asks during a list call gets the next listing, because this one may be too old', async () => {
  const shared = createListing();
  const first = Promise.withResolvers<void>();
  provider.during('list', () => (provider.count('list') === 1 ? first.promise : undefined));
  const early = shared.nextListing('steady', signal);
  await pass(1_000);
  const late = shared.nextListing('steady', signal);
  await pass(5_000);
  expect(await Promise.race([early, late])).toEqual([]);
  expect(provider.count('list')).toBe(2);
  first.resolve();
  await early;
});

test('a failure goes to all waiting runs, and the next listing is a new call', async () => {
  const shared = createListing();
  provider.fail('list', new ProviderError('unavailable', 'Away.'));
  const waiting = Promise.allSettled([shared.nextListing('steady', signal), shared.nextListing('steady', signal)]);
  await pass(1_000);
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = shared.nextListing('steady', signal);
  await pass(5_000);
  expect(await next).toEqual([]);
});

test('an abort ends only its own wait, at once and with its reason', async () => {
  const shared = createListing();
  const stop = new AbortController();
  const [mine, other] = [shared.nextListing('steady', stop.signal), shared.nextListing('steady', signal)];
  stop.abort(new Error('Enough.'));
  await expect(mine).rejects.toThrow('Enough.');
  await pass(1_000);
  expect(await other).toEqual([]);
  await expect(shared.nextListing('steady', stop.signal)).rejects.toThrow('Enough.');
});

test('nothing is listed if no run waits any more', async () => {
  const shared = createListing();
  const stop = new AbortController();
  const mine = shared.nextListing('hurried', stop.signal);
  stop.abort(new Error('Enough.'));
  await expect(mine).rejects.toThrow('Enough.');
  await pass(60_000);
  expect(provider.calls).toEqual([]);
});

test('a failure is ignored if no run waits any more', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const shared = createListing();
  const stop = new AbortController();
  const { promise: away, reject } = Promise.withResolvers<void>();
  provider.during('list', () => away);
  const mine = shared.nextListing('steady', stop.signal);
  await pass(1_000);
  stop.abort(new Error('Enough.'));
  await expect(mine).rejects.toThrow('Enough.');
  reject(new ProviderError('unavailable', 'Away.'));
  await new Promise(setImmediate);
  expect(provider.count('list')).toBe(1);
  expect(unhandled).not.toHaveBeenCalled();
  process.off('unhandledRejection', unhandled);
});

describe('a run whose machine has no address yet', () => {
  /** The instants of the list calls within so many ms, while so many runs wait in a hurry. */
  async function listedAt(forMs: number, runs = 1): Promise<number[]> {
    const begunAt = performance.now();
    const times: number[] = [];
    provider.during('list', () => void times.push(performance.now() - begunAt));
    const shared = createListing();
    const insist = async () => {
      for (;;) await shared.nextListing('hurried', signal);
    };
    for (let run = 0; run < runs; run += 1) void insist();
    for (let ms = 0; ms < forMs; ms += 250) await pass(250);
    return times;
  }
  const gaps = (times: number[]) => times.slice(1).map((at, index) => at - (times[index] ?? 0));

  test('gets a listing soon, and the next ones as close together as the provider allows for a short time', async () => {
    expect(await listedAt(2_000)).toEqual([250, 750, 1_250, 1_750]);
  });

  test('brings a listing forward that another run waits for at leisure', async () => {
    const shared = createListing();
    const watching = shared.nextListing('steady', signal);
    const hurried = shared.nextListing('hurried', signal);
    await pass(250);
    expect(await watching).toBe(await hurried);
    expect(provider.count('list')).toBe(1);
  });

  test('waits longer if many runs wait', async () => {
    expect(Math.min(...gaps(await listedAt(6_000, 1_500)))).toBeGreaterThanOrEqual(1_500);
  });

  test('waits for the provider’s rate once the saved time is used up', async () => {
    const times = await listedAt(60_000);
    // 120 s are saved, and each listing takes 5 s of them or of the time that passes.
    expect(times.length).toBeGreaterThan(25);
    expect(times.length).toBeLessThanOrEqual((120_000 + 60_000) / 5_000 + 1);
    expect(gaps(times).at(-1)).toBeGreaterThanOrEqual(5_000);
  });
});

test('a run that waits many times keeps no listener on its signal', async () => {
  const shared = createListing();
  const stop = new AbortController();
  const added = vi.spyOn(stop.signal, 'addEventListener');
  const removed = vi.spyOn(stop.signal, 'removeEventListener');
  for (let n = 0; n < 3; n += 1) {
    const listing = shared.nextListing('steady', stop.signal);
    await pass(5_000);
    await listing;
  }
  expect(removed.mock.calls.length).toBe(added.mock.calls.length);
});

test('a listing that takes longer than a minute counts as unavailable', async () => {
  const timeout = vi
    .spyOn(AbortSignal, 'timeout')
    .mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
  const waiting = createListing().nextListing('steady', signal);
  const expected = expect(waiting).rejects.toMatchObject({ fault: 'unavailable' });
  await pass(1_000);
  await expected;
  expect(timeout).toHaveBeenCalledWith(60_000);
  timeout.mockRestore();
});
