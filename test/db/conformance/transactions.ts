import { describe, expect, test } from 'vitest';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { putSetting } from '#db/transactions/settings.ts';
import type { Dialect } from '../dialects.ts';
import { anything, noon, useFixture } from './fixture.ts';

const atOnce = { busyTimeoutMs: 0 };

export function transactions(dialect: Dialect): void {
  const my = useFixture(dialect);
  const settings = async () => (await my.dump()).settings.map(({ name }) => name);

  test("the database's clock is its host's", async () => {
    const from = Date.now();
    const time = (await my.database.time()).getTime();
    expect(time).toBeGreaterThanOrEqual(from - 2);
    expect(time).toBeLessThanOrEqual(Date.now() + 2);
  });

  describe('a transaction', () => {
    test('that calls the provider throws and is rolled back', async () => {
      const calling = my.database.transact(
        'settle',
        putThen('a', () => assertNoTransaction('provider call')),
        atOnce,
      );
      await expect(calling).rejects.toThrow(
        'A provider call inside the transaction settle is not allowed. Make it after the commit.',
      );
      expect(await settings()).toEqual([]);
    });

    test('ends when it resolves, and does not affect code that runs at the same time', async () => {
      const writing = my.database.transact(
        'settle',
        putThen('a', () => undefined),
        atOnce,
      );
      assertNoTransaction('provider call');
      await writing;
      assertNoTransaction('provider call');
      expect(await settings()).toEqual(['a']);
    });

    test('that throws is rolled back, and the next one is not affected', async () => {
      const failing = my.database.transact('fail', putThen('a', fail), atOnce);
      await expect(failing).rejects.toThrow('no');
      await my.database.transact(
        'go on',
        putThen('b', () => undefined),
        atOnce,
      );
      expect(await settings()).toEqual(['b']);
    });

    test('with a query that the database refuses is rolled back', async () => {
      const refused = my.database.transact(
        'refused',
        function* (context) {
          yield* putSetting(context, anything('a'), { value: 1, now: noon });
          yield* ask(context.db.insert(context.t.leases).values({ name: 'x', holder: 'y', expiresAt: broken() }));
        },
        atOnce,
      );
      await expect(refused).rejects.toThrow();
      expect(await settings()).toEqual([]);
    });

    test('with an asynchronous body does not compile, and fails if the types are overridden', async () => {
      const { database } = my;
      // @ts-expect-error an async function returns a promise, not steps
      await expect(database.transact('async', async () => 1, atOnce)).rejects.toThrow(TypeError);
      const awaiting = async function* ({ db, t }: Context) {
        yield { query: db.delete(t.settings), values: {} };
      };
      // @ts-expect-error an async generator could await anything
      await expect(database.transact('async', awaiting, atOnce)).rejects.toThrow(TypeError);
      const waiting = function* () {
        yield Promise.resolve(1);
      };
      // @ts-expect-error a promise is not a query
      const promised = () => database.transact('async', waiting, atOnce);
      expect(promised).toBeTypeOf('function');
    });
  });
}

function putThen(name: string, then: () => void): (context: Context) => Steps<void> {
  return function* (context) {
    yield* putSetting(context, anything(name), { value: 1, now: noon });
    then();
  };
}

function fail(): never {
  throw new Error('no');
}

/** An invalid Date. */
function broken(): Date {
  return new Date(Number.NaN);
}
