import { expect, test } from 'vitest';
import { createSendRecord } from '#src/vpn/send-record.ts';

function record() {
  const time = { ms: 0 };
  return { time, sends: createSendRecord(() => time.ms) };
}
const refused = new Error('send EPERM');

test('packets that cannot leave for five seconds are blocked, with the reason', () => {
  const { time, sends } = record();
  sends.sent(refused);
  time.ms = 4_999;
  expect([sends.blocked(), sends.lastError()]).toEqual([null, refused]);
  time.ms = 5_000;
  expect(sends.blocked()).toBe('send EPERM');
});

test('a packet that leaves ends the block', () => {
  const { time, sends } = record();
  sends.sent(refused);
  time.ms = 9_000;
  sends.sent(null);
  expect([sends.blocked(), sends.lastError()]).toEqual([null, null]);
  time.ms = 20_000;
  sends.sent(refused);
  expect(sends.blocked()).toBeNull();
});

test('the blocked time is the sum of all times in which nothing left', () => {
  const { time, sends } = record();
  for (const [ms, error] of [
    [0, null],
    [1_000, refused],
    [3_000, refused],
    [4_000, null],
    [7_000, refused],
  ] as const) {
    time.ms = ms;
    sends.sent(error);
  }
  time.ms = 7_500;
  expect(sends.blockedMs()).toBe(3_500);
});

test.each([
  [true, null],
  [false, refused],
] as const)('the first packet decides: %s', async (left, error) => {
  const { sends } = record();
  sends.sent(error);
  sends.sent(left ? refused : null);
  expect(await sends.firstLeft).toBe(left);
});
