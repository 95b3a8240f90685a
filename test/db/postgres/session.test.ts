import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openSession } from '#db/postgres/session.ts';
import { askHot, type Context, type HotQuery, hot, hotWrite, type Steps } from '#db/steps.ts';

const noDatabase = { select: () => expect.unreachable() } as unknown as Parameters<typeof openSession>[0];

/** A query whose every execution is answered with the next of the given promises. */
function query(declare: typeof hot, { name, ends }: { name: string; ends: (() => Promise<unknown>)[] }) {
  const seen = { built: 0, sent: 0 };
  const build = () => {
    seen.built += 1;
    const execute = () => (ends[seen.sent++] ?? expect.unreachable)();
    return { prepare: () => ({ execute }) };
  };
  return { seen, it: declare(name, build as never) as HotQuery<unknown> };
}

const rowsOf = (...rows: string[]) => [async () => rows];
const write = (ends: (() => Promise<unknown>)[]) => query(hotWrite as typeof hot, { name: 'write', ends });
const read = (ends: (() => Promise<unknown>)[]) => query(hot, { name: 'read', ends });
const session = () => openSession(noDatabase, ({ name }) => name);

test('a read gets its rows, and a write that came before it was not waited for', async () => {
  const written = Promise.withResolvers<unknown>();
  const [first, second] = [write([() => written.promise]), read(rowsOf('row'))];
  const running = session().run(function* (): Steps<unknown> {
    yield* askHot(first.it, {});
    return yield* askHot(second.it, {});
  });
  await nextTurn();
  expect([first.seen.sent, second.seen.sent]).toEqual([1, 1]);
  written.resolve([]);
  expect(await running).toEqual(['row']);
});

test('a transaction is over only when its last write is', async () => {
  const written = Promise.withResolvers<unknown>();
  const { it } = write([() => written.promise]);
  let isOver = false;
  const running = session()
    .run(function* (): Steps<void> {
      yield* askHot(it, {});
    })
    .then(() => {
      isOver = true;
    });
  await nextTurn();
  expect(isOver).toBe(false);
  written.resolve([]);
  await running;
  expect(isOver).toBe(true);
});

test('the error of a write ends the transaction, even if the query after it fails with another error', async () => {
  const failed = write([() => Promise.reject(new Error('duplicate key'))]);
  const refused = read([
    async () => {
      await nextTurn();
      throw new Error('current transaction is aborted');
    },
  ]);
  const steps = function* (_: Context): Steps<void> {
    yield* askHot(failed.it, {});
    yield* askHot(refused.it, {});
  };
  await expect(session().run(steps)).rejects.toThrow('duplicate key');
});

test('each query is built once for a connection', async () => {
  const { it, seen } = read([...rowsOf('a'), ...rowsOf('b')]);
  const { run } = session();
  const steps = () => askHot(it, {});
  expect([await run(steps), await run(steps), seen.built]).toEqual([['a'], ['b'], 1]);
});
