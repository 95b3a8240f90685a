/** Opens DATABASE_URL, makes some commits, and 12 MB of commits once a line arrives. Prints the failure of its disk. */
import { once } from 'node:events';
import { openDatabase } from '#db/open.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { anything, noon } from './conformance/fixture.ts';

const database = await openDatabase(process.env.DATABASE_URL ?? '', {
  disk: {
    flushed: () => undefined,
    walGrew: () => undefined,
    checkpointFailed: (error) => process.stdout.write(`checkpoint failed: ${error.message}\n`),
    flushFailed: (error) => process.stdout.write(`${error.message}\n`),
  },
  // Node refuses every sync to a process with permissions.
  ...(process.permission && { sync: () => Promise.resolve() }),
});
const grow = async (name: number) => {
  const value = String.fromCharCode(97 + (name % 26)).repeat(100_000);
  await database
    .transact('grow', (context) => putSetting(context, anything('large'), { value, now: noon }), {
      busyTimeoutMs: 1_000,
    })
    .catch((error: Error) => process.stdout.write(`refused: ${error.name}\n`));
};

for (let count = 0; count < Number(process.argv[2]); count++) await grow(count);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let count = 0; count < 120; count++) await grow(count);
