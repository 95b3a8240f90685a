import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { watchAfterFreeze } from '../after-freeze.ts';
import type { ManagedProcess } from '../managed-process.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { doublesOver } from './doubles.ts';
import { activeAt } from './event-loop-blocked.ts';
import { serverOf } from './life.ts';

const frozenMs = 75_000;
/** Within this time the resumed worker finds that its locks are lost. Any wrong call would also happen by then. */
const resumedMs = 10_000;
const ofEach = 3;
const jobs = 3 * ofEach;
/** All orders share one answer about the account, which is kept for this long. */
const accountKeptMs = 10_000;
/** The answers of the last reads: of the account, and of the names of the servers to destroy. */
const lastReads = 1 + ofEach;
const stoppable = new URL('../stoppable.ts', import.meta.url).href;

/**
 * One worker runs three jobs of each kind. It stops right after the last read of the cloud before each order and each
 * removal. When it resumes, its facts are outdated, and only its checkpoint can detect that.
 */
const afterReads: Scenario = {
  id: 'worker-frozen',
  about: `a worker with ${jobs} running jobs, each about to order or to remove, is frozen for ${frozenMs / 1_000} s (SIGSTOP) and resumed when another worker has done the jobs`,
  runs: { full: 5, quick: 0 },
  setting: {
    workers: 1,
    workerEnv: { NODE_OPTIONS: `--import ${stoppable}`, STOP_AT: 'answer', STOP_WITH: String(lastReads) },
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '4' },
  },
  run: async (stage) => {
    const { installation, recovered } = stage;
    const { shop, workers } = installation;
    const [frozen] = workers;
    if (!frozen) throw new Error('The installation has no worker.');
    const old = await Promise.all(Array.from({ length: 2 * ofEach }, () => shop.buy()));
    for (const attempt of old) await shop.until(serverOf(attempt), 'running');
    const asked = await stopAfterReads(stage, frozen, old.map(serverOf));
    const frozenAt = performance.now();
    try {
      await (stage.index === 0 ? (await installation.addWorker()).start() : workers[1]?.start());
      const isDone = async () =>
        (await Promise.all(asked.map(({ jobId }) => shop.job(jobId ?? '')))).every((job) => job?.state === 'succeeded');
      await until('the end of its jobs', isDone, frozenMs);
      recovered(performance.now() - frozenAt);
      await delay(frozenMs - (performance.now() - frozenAt));
      await resumeAndWatch(stage, frozen, asked.map(serverOf));
    } finally {
      frozen.signal('SIGCONT');
      await workers[1]?.stop();
    }
  },
};

/**
 * The cloud delays the answers of the last reads until all jobs wait. The last read of an order is the account, which
 * all orders share, and that of a removal is the DNS records.
 */
async function stopAfterReads({ installation }: Stage, worker: ManagedProcess, old: readonly string[]) {
  const { shop, cloud } = installation;
  // An answer from the time of the purchases would spare the orders their last read.
  await delay(accountKeptMs);
  const slow = { kind: 'slow', when: 'after', times: null };
  const listings = await cloud.addFaultRule({
    ...slow,
    operation: 'list',
    match: { label: 'gf-*' },
    times: ofEach,
    ms: 4_000,
  });
  const destroyed = await Promise.all(old.slice(ofEach).map((id) => shop.destroy(id)));
  await until('the listings of the destroys', async () => (await cloud.timesInjected(listings)) === ofEach);
  await cloud.addFaultRule({ ...slow, operation: 'account', ms: 9_000 });
  await cloud.addFaultRule({ ...slow, operation: 'list-records', ms: 6_000 });
  const ordering = await Promise.all([
    ...Array.from({ length: ofEach }, () => shop.buy()),
    ...old.slice(0, ofEach).map((id) => shop.rebuild(id)),
  ]);
  await until('the last read of each job', async () => {
    const waiting = (await cloud.calls()).filter(({ finishedAt }) => finishedAt === null);
    const count = (wanted: string) => waiting.filter(({ operation }) => operation === wanted).length;
    return count('account') >= 1 && count('list-records') >= ofEach && (await activeAt(worker.url)) === jobs;
  });
  worker.signal('SIGUSR2');
  await untilStopped(worker);
  await cloud.clearFaultRules();
  return [...destroyed, ...ordering];
}

function untilStopped({ pid }: ManagedProcess): Promise<true> {
  return until('the worker to stop', async () => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

async function resumeAndWatch(
  { installation, broken }: Stage,
  frozen: ManagedProcess,
  servers: readonly string[],
): Promise<void> {
  const seen = await watchAfterFreeze(installation, frozen, servers);
  frozen.signal('SIGCONT');
  await delay(resumedMs);
  for (const message of await seen()) broken(message);
}

const orders = 3;

/**
 * No checkpoint follows the last one of an order. So a cloud that allows equal names has a second machine for a while.
 */
const atTheOrder: Scenario = {
  id: 'worker-frozen-ordering',
  about: `a worker is frozen for ${frozenMs / 1_000} s (SIGSTOP) after its last check of the lock, with ${orders} orders that it sends when it is resumed; another worker has made their machines`,
  runs: { full: 3, quick: 0 },
  setting: {
    workers: 1,
    workerEnv: { NODE_OPTIONS: `--import ${stoppable}`, STOP_AT: 'order', STOP_WITH: String(orders) },
  },
  promise: { mayDoubleForSeconds: 90 },
  run: async (stage) => {
    const { installation, recovered, note, broken } = stage;
    const { shop, workers } = installation;
    const [frozen] = workers;
    if (!frozen) throw new Error('The installation has no worker.');
    frozen.signal('SIGUSR2');
    const bought = await Promise.all(Array.from({ length: orders }, () => shop.buy()));
    await untilStopped(frozen);
    const frozenAt = performance.now();
    try {
      await (stage.index === 0 ? (await installation.addWorker()).start() : workers[1]?.start());
      for (const attempt of bought) await shop.until(serverOf(attempt), 'running', frozenMs);
      recovered(performance.now() - frozenAt);
      await delay(frozenMs - (performance.now() - frozenAt));
      const before = (await doublesOver(stage))?.length ?? 0;
      frozen.signal('SIGCONT');
      await delay(resumedMs);
      const doubled = await until('the removal of all doubles', async () => doublesOver(stage), 180_000);
      if (doubled.length < before + orders)
        broken(`${doubled.length - before} of ${orders} orders were sent after it was resumed.`);
      note(`the doubles were paid for ${(Math.max(...doubled) / 1000).toFixed(0)} s at most`);
    } finally {
      frozen.signal('SIGCONT');
      await workers[1]?.stop();
    }
  },
};

export const frozenWorkers: readonly Scenario[] = [afterReads, atTheOrder];
