import { expect, test } from 'vitest';
import { writeTogether } from '#db/postgres/one-write.ts';
import { recordingStream } from '../../recording-stream.ts';

/** A connection that writes each query to a stream. */
function recording() {
  const { stream, writes } = recordingStream();
  const client = { connection: { stream }, query: async (text: string) => stream.write(text) };
  writeTogether(client as never);
  return { writes, client };
}

test('the queries that are sent one after another leave in one write, in their order', async () => {
  const { writes, client } = recording();
  client.query('a');
  client.query('b');
  expect(writes).toEqual([]);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  client.query('c');
  await new Promise(setImmediate);
  expect(writes).toEqual(['a b', 'c']);
});

test('a query has its own result', async () => {
  const { client } = recording();
  expect(await client.query('a')).toBe(true);
});
