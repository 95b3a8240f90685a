import { setTimeout as delay } from 'node:timers/promises';

interface Process {
  signal(signal: NodeJS.Signals): void;
}

const tries = 20;

/**
 * Stops processes (SIGSTOP) at a moment when none of them is within a commit: one that is holds SQLite's write lock until it
 * wakes, and nobody can take it away. `write` makes a write, and rejects when it has not got the lock soon.
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
