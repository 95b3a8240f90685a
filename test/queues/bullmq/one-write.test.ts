import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { writeOncePerTurn } from '#queues/bullmq/one-write.ts';
import { recordingStream } from '../../recording-stream.ts';

/** A connection that writes each command to a stream. */
function recording() {
  const { stream, writes } = recordingStream();
  const redis = { stream, sendCommand: (command: unknown) => stream.write(String(command)) } as unknown as Redis;
  writeOncePerTurn(redis);
  return { writes, send: (command: string) => redis.sendCommand(command as never) };
}

test('the commands of one turn leave in one write, in their order', async () => {
  const { writes, send } = recording();
  send('a');
  await Promise.resolve();
  send('b');
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  send('c');
  await new Promise(setImmediate);
  expect(writes).toEqual(['a b', 'c']);
});

test('a command without a connection is left to ioredis', () => {
  const kept: unknown[] = [];
  const away = { stream: undefined, sendCommand: (command: unknown) => kept.push(command) } as unknown as Redis;
  writeOncePerTurn(away);
  away.sendCommand('a' as never);
  expect(kept).toEqual(['a']);
});
