/** Opens each database whose URL comes in on a line, and says on a line what that did. */
import { createInterface } from 'node:readline';
import { openDatabase } from '#db/open.ts';

process.stdout.write('ready\n');
for await (const url of createInterface({ input: process.stdin })) {
  const said = await openDatabase(url).then(
    async (database) => {
      await database.close();
      return `applied ${database.migrated.length}`;
    },
    (error: unknown) => `failed: ${error}`,
  );
  process.stdout.write(`${said}\n`);
}
