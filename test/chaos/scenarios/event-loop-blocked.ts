import { watchAfterFreeze } from '../after-freeze.ts';
import { buyMany } from '../load.ts';
import type { ManagedProcess } from '../managed-process.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

const blockMs = 45_000;
const jobs = 18;
const stoppable = new URL('../stoppable.ts', import.meta.url).href;

export const blockedLoop: Scenario = {
  id: 'loop-blocked',
  about: `the event loop of one of two workers is blocked for ${blockMs / 1000} s while it runs ${jobs / 2} jobs, each right after a read of the cloud; the other worker takes them over`,
  runs: { full: 2, quick: 0 },
  setting: {
    concurrency: jobs / 2,
    workerEnv: {
      NODE_OPTIONS: `--import ${stoppable}`,
      STOP_AT: 'answer',
      STOP_WITH: String(jobs / 2),
      STOP_MS: String(blockMs),
    },
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '3' },
  },
  // Locks expire (10 s) and stalled jobs are found (2 × 2 s). Then two listings 10 s apart and a boot follow, for nine
  // jobs at a time.
  promise: { worstSeconds: 50 },
  run: async (stage) => {
    const { installation, recovered, broken } = stage;
    const [worker] = installation.workers;
    if (!worker) throw new Error('The installation has no worker.');
    worker.signal('SIGUSR2');
    const ids = await buyMany(installation, jobs);
    const blockedAt = performance.now();
    await until('the worker to be blocked', async () => !(await answers(worker)));
    await Promise.all(ids.map((id) => installation.shop.until(id, 'running')));
    recovered(performance.now() - blockedAt);
    const seen = await watchAfterFreeze(installation, worker, ids);
    await until('the blocked worker to answer', () => answers(worker), 2 * blockMs);
    // Its runs now find that their locks are lost. They must not order or remove anything.
    await until('the end of its runs', async () => (await activeAt(worker.url)) === 0);
    for (const message of await seen()) broken(message);
    if (worker.crashes > 0) broken('The blocked worker exited.');
  },
};

/** Whether the process answers within half a second. */
function answers({ url }: ManagedProcess): Promise<boolean> {
  return fetch(`${url}/livez`, { signal: AbortSignal.timeout(500) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

export async function activeAt(url: string): Promise<number | null> {
  const body: unknown = await (await fetch(`${url}/readyz`)).json();
  return typeof body === 'object' && body !== null && 'active' in body ? Number(body.active) : null;
}
