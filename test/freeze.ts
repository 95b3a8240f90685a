import { setTimeout as delay } from 'node:timers/promises';

interface Process {
  signal(signal: NodeJS.Signals): void;
}

const tries = 20;

/**
 * Stops processes (SIGSTOP) while none of them is within a commit. Such a process would hold SQLite's write lock until
 * it is resumed. `write` makes a write, and rejects if it does not get the lock soon. Then the processes are resumed,
 * and it is tried again, 20 times in all.
 */
export async function freeze(processes: readonly Process[], write: () => Promise<unknown>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    for (const process of processes) process.signal('SIGSTOP');
    try {
      await write();
      return;
    } catch (error) {
      for (const process of processes) process.signal('SIGCONT');
      if (tried === tries) throw error;
    }
    await delay(50);
  }
}
