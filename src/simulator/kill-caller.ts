import { hostname } from 'node:os';

/**
 * Kills the process whose User-Agent ends in `<host>-<pid>`, as our workers' do, with SIGKILL. Does nothing if the
 * process runs on another computer or is this one.
 */
export function killCaller(client: string): void {
  const named = client.match(/([^\s(]+)-(\d+)\)?$/);
  const pid = Number(named?.[2]);
  if (!named?.[1]?.endsWith(hostname()) || pid <= 1 || pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the process is gone, because another of its calls has killed it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
