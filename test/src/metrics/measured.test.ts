import { expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { measured } from '#src/metrics/measured.ts';

test('every transaction is timed, even if it fails', async () => {
  const seen: string[] = [];
  const database = {
    dialect: 'sqlite',
    transact: async (name: string) => {
      if (name === 'bad') throw new Error('no');
      return name;
    },
  } as unknown as Database;
  const timed = measured(database, (name, seconds) => void seen.push(`${name} ${seconds >= 0}`));
  // biome-ignore lint/correctness/useYield: this transaction makes no query.
  const nothing = function* () {
    return null;
  };
  await timed.transact('good', nothing, { busyTimeoutMs: 1 });
  await expect(timed.transact('bad', nothing, { busyTimeoutMs: 1 })).rejects.toThrow('no');
  expect(seen).toEqual(['good true', 'bad true']);
});
