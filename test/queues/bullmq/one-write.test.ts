import { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { writeOncePerTurn } from '#queues/bullmq/one-write.ts';

/** A connection that writes each command to a stream, which records what leaves together. */
function recording() {
  const writes: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _, done) => {
      writes.push(String(chunk));
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join(' '));
      done();
    },
  });
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
