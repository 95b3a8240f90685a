/** Opens DATABASE_URL and is killed at the statement whose number is given. */
import { openDatabase } from '#db/open.ts';

let left = Number(process.argv[2]);
await openDatabase(process.env.DATABASE_URL ?? '', {
  trace: () => {
    if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  },
});
