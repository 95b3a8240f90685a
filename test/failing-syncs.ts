import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { failingAt } from './chaos/tracer.ts';

/**
 * Makes these system calls of a process fail with EIO, in all of its threads, also those that start later. Resolves
 * once they do; the function that it resolves with ends it.
 */
export async function failSyncs(pid: number, call: 'fsync' | 'fdatasync'): Promise<() => void> {
  const [program, ...args] = failingAt(call);
  const tracer = spawn(program, [...args, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // strace writes "Process … attached" to its standard error.
  await once(tracer.stderr, 'data');
  return () => void tracer.kill();
}
