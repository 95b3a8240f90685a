import { expect, test } from 'vitest';
import { ProviderError } from '#queues/ports/provider.ts';
import { createRecentAccount } from '#queues/run/recent-account.ts';
import { fakeProvider } from '../../fakes/provider.ts';

const { signal } = new AbortController();

function setUp() {
  const provider = fakeProvider();
  const clock = { ms: 0 };
  return { provider, clock, recentAccount: createRecentAccount(provider, () => clock.ms) };
}

test('one call in ten seconds serves all runs', async () => {
  const { provider, clock, recentAccount } = setUp();
  const answers = await Promise.all(Array.from({ length: 50 }, () => recentAccount(signal)));
  expect(new Set(answers)).toEqual(new Set(['acc-1']));
  clock.ms = 9_999;
  await recentAccount(signal);
  expect(provider.count('account')).toBe(1);
  provider.habits.account = 'acc-2';
  clock.ms = 10_000;
  expect(await recentAccount(signal)).toBe('acc-2');
  expect(provider.count('account')).toBe(2);
});

test('a failure goes to all runs that wait, and the next run asks again', async () => {
  const { provider, recentAccount } = setUp();
  provider.fail('account', new ProviderError('unavailable', 'Away.'));
  const waiting = await Promise.allSettled([recentAccount(signal), recentAccount(signal)]);
  expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await recentAccount(signal)).toBe('acc-1');
});

test('an abort ends only its own wait', async () => {
  const { provider, recentAccount } = setUp();
  const answer = Promise.withResolvers<void>();
  provider.during('account', () => answer.promise);
  const stop = new AbortController();
  const [mine, other] = [recentAccount(stop.signal), recentAccount(signal)];
  stop.abort(new Error('Enough.'));
  await expect(mine).rejects.toThrow('Enough.');
  answer.resolve();
  expect(await other).toBe('acc-1');
});
