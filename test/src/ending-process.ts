/** A process that writes a line once it handles signals, and two lines in a row right before its end. */
import { createLog } from '#src/log.ts';
import { runProcess } from '#src/process.ts';

const log = createLog({ process: 'test', level: 'info' });

await runProcess('Usage: node ending-process.ts', async () => {
  setImmediate(() => log.info({ event: 'started' }, 'Started'));
  // A listener for signals alone does not keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  return async (signal) => {
    clearInterval(alive);
    log.info({ event: 'stopping', signal }, 'Stopping');
    log.info({ event: 'stopped' }, 'Stopped');
  };
});
