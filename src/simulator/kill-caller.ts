import { hostname } from 'node:os';

/**
 * Ends the process that calls itself `…<host>-<pid>` (our workers do, in their User-Agent) with SIGKILL.
 * One of another computer is left alone, and so is this process.
 */
export function killCaller(client: string): void {
  const named = client.match(/([^\s(]+)-(\d+)\)?$/);
  const pid = Number(named?.[2]);
  if (!named?.[1]?.endsWith(hostname()) || pid <= 1 || pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It is gone already: another call of its has ended it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
