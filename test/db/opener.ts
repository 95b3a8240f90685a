/** Reads a database URL per line, opens it, and prints a line with the result. */
import { createInterface } from 'node:readline';
import { openDatabase } from '#db/open.ts';

process.stdout.write('ready\n');
for await (const url of createInterface({ input: process.stdin })) {
  const result = await openDatabase(url).then(
    async (database) => {
      await database.close();
      return `applied ${database.migrated.length}`;
    },
    (error: unknown) => `failed: ${error}`,
  );
  process.stdout.write(`${result}\n`);
}
