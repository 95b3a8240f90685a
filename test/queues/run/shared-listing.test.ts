import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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

const watching = () => createSharedListing({ provider, installation: 'test' });
const { signal } = new AbortController();
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('one list call serves all that wait', async () => {
  const watch = watching();
  const waiting = Promise.all(Array.from({ length: 200 }, () => watch.nextListing(signal)));
  await pass(1_000);
  provider.put({ name: 'gf-srv-1-1', owner: { installation: 'test', serverId: 'srv-1' } });
  const listings = await waiting;
  expect(provider.count('list')).toBe(1);
  expect(new Set(listings).size).toBe(1);
});

test('those that wait go on one in a turn of the event loop, so that what they do holds up nothing else', async () => {
  const watch = watching();
  const turn = countTurns();
  const turns = new Set<number>();
  const waiting = Promise.all(
    Array.from({ length: 50 }, () => watch.nextListing(signal).then(() => void turns.add(turn.now))),
  );
  await pass(1_000);
  await waiting;
  turn.stop();
  expect(turns.size).toBe(50);
});

test('there is at most one list call per interval, however often it is asked', async () => {
  const watch = watching();
  let served = 0;
  const insist = async () => {
    for (;;) {
      await watch.nextListing(signal);
      served += 1;
    }
  };
  void insist();
  void insist();
  for (let second = 0; second < 26; second += 1) await pass(1_000);
  expect(provider.count('list')).toBe(6);
  expect(served).toBeGreaterThanOrEqual(10);
});

test('the more machines there were, the later is the next list', async () => {
  const watch = watching();
  for (const serverId of ['srv-1', 'srv-2', 'srv-3']) {
    provider.put({ name: `gf-${serverId}-1`, owner: { installation: 'test', serverId } });
  }
  const first = watch.nextListing(signal);
  await pass(1_000);
  await first;
  const second = watch.nextListing(signal);
  await pass(14_000);
  expect(provider.count('list')).toBe(1);
  await pass(1_000);
  await second;
  expect(provider.count('list')).toBe(2);
});

test('nobody waits: nothing is listed', async () => {
  watching();
  await pass(60_000);
  expect(provider.calls).toEqual([]);
});

test('who asks while a list call is under way gets the next one, since that may be older than what it asks about', async () => {
  const watch = watching();
  const first = Promise.withResolvers<void>();
  provider.during('list', () => (provider.count('list') === 1 ? first.promise : undefined));
  const early = watch.nextListing(signal);
  await pass(1_000);
  const late = watch.nextListing(signal);
  await pass(5_000);
  expect(await Promise.race([early, late])).toEqual([]);
  expect(provider.count('list')).toBe(2);
  first.resolve();
  await early;
});

test('a failure goes to all that wait, and the next listing is asked for afresh', async () => {
  const watch = watching();
  provider.fail('list', new ProviderError('unavailable', 'Away.'));
  const waiting = Promise.allSettled([watch.nextListing(signal), watch.nextListing(signal)]);
  await pass(1_000);
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = watch.nextListing(signal);
  await pass(5_000);
  expect(await next).toEqual([]);
});

test('an abort frees its waiter at once with its reason, and nobody else', async () => {
  const watch = watching();
  const stop = new AbortController();
  const [mine, other] = [watch.nextListing(stop.signal), watch.nextListing(signal)];
  stop.abort(new Error('Enough.'));
  await expect(mine).rejects.toThrow('Enough.');
  await pass(1_000);
  expect(await other).toEqual([]);
  await expect(watch.nextListing(stop.signal)).rejects.toThrow('Enough.');
});

test('a failure that nobody waits for any more disturbs nobody', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const watch = watching();
  const stop = new AbortController();
  provider.fail('list', new ProviderError('unavailable', 'Away.'));
  const mine = watch.nextListing(stop.signal);
  stop.abort(new Error('Enough.'));
  await expect(mine).rejects.toThrow('Enough.');
  await pass(1_000);
  await new Promise(setImmediate);
  expect(provider.count('list')).toBe(1);
  expect(unhandled).not.toHaveBeenCalled();
  process.off('unhandledRejection', unhandled);
});

test('a run that waits many times keeps no listener on its signal', async () => {
  const watch = watching();
  const stop = new AbortController();
  const added = vi.spyOn(stop.signal, 'addEventListener');
  const removed = vi.spyOn(stop.signal, 'removeEventListener');
  for (let n = 0; n < 3; n += 1) {
    const listing = watch.nextListing(stop.signal);
    await pass(5_000);
    await listing;
  }
  expect(removed.mock.calls.length).toBe(added.mock.calls.length);
});

test('a listing that takes longer than a minute counts as unavailable', async () => {
  const timeout = vi
    .spyOn(AbortSignal, 'timeout')
    .mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
  const waiting = watching().nextListing(signal);
  const expected = expect(waiting).rejects.toMatchObject({ fault: 'unavailable' });
  await pass(1_000);
  await expected;
  expect(timeout).toHaveBeenCalledWith(60_000);
  timeout.mockRestore();
});
