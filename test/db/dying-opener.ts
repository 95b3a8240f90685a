/** Opens DATABASE_URL, and kills itself at the statement with the given number. */
import { openDatabase } from '#db/open.ts';

let left = Number(process.argv[2]);
await openDatabase(process.env.DATABASE_URL ?? '', {
  trace: () => {
    if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  },
});
