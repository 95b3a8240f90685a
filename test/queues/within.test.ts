import { expect, test } from 'vitest';
import { answerWithin } from '#queues/within.ts';

test('an answer in time is returned', async () => {
  expect(await answerWithin(1_000, Promise.resolve('yes'))).toBe('yes');
});

test('a rejection counts as no answer', async () => {
  expect(await answerWithin(1_000, Promise.reject(new Error('Away.')))).toBeNull();
});

test('a promise that stays pending counts as no answer', async () => {
  expect(await answerWithin(10, Promise.withResolvers<string>().promise)).toBeNull();
});

test('an answer from before a suspend of the process counts as no answer', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const answer = answerWithin(20, promise);
  const until = performance.now() + 40;
  while (performance.now() < until);
  resolve('late');
  expect(await answer).toBeNull();
});
