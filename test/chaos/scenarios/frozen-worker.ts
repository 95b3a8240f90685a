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
/** By then it has heard of its lost locks, and whatever it would do it has done. */
const awakeMs = 10_000;
const ofEach = 3;
const jobs = 3 * ofEach;
const stoppable = new URL('../stoppable.ts', import.meta.url).href;

/**
 * Three of each kind, all in the hands of the one worker. It stops right behind the last look before each order and each
 * removal: what it has seen is true no more when it wakes, and nothing but its checkpoint tells it so.
 */
const behindLooks: Scenario = {
  id: 'worker-frozen',
  about: `a worker with ${jobs} jobs in hand, each about to order or to remove, is frozen for ${frozenMs / 1_000} s (SIGSTOP) and wakes when another has done them`,
  runs: { full: 5, quick: 0 },
  setting: {
    workers: 1,
    workerEnv: { NODE_OPTIONS: `--import ${stoppable}`, STOP_AT: 'answer', STOP_WITH: String(jobs) },
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '4' },
  },
  run: async (stage) => {
    const { installation, recovered } = stage;
    const { shop, workers } = installation;
    const [frozen] = workers;
    if (!frozen) throw new Error('There is no worker.');
    const old = await Promise.all(Array.from({ length: 2 * ofEach }, () => shop.buy()));
    for (const attempt of old) await shop.until(serverOf(attempt), 'running');
    const asked = await stopBehindLooks(stage, frozen, old.map(serverOf));
    const frozenAt = performance.now();
    try {
      await (stage.index === 0 ? (await installation.addWorker()).start() : workers[1]?.start());
      const isDone = async () =>
        (await Promise.all(asked.map(({ jobId }) => shop.job(jobId ?? '')))).every((job) => job?.state === 'succeeded');
      await until('The end of its jobs', isDone, frozenMs);
      recovered(performance.now() - frozenAt);
      await delay(frozenMs - (performance.now() - frozenAt));
      await wakeAndWatch(stage, frozen, asked.map(serverOf));
    } finally {
      frozen.signal('SIGCONT');
      await workers[1]?.stop();
    }
  },
};

/** The cloud holds the answers of the last looks back until all jobs wait for theirs: an order's is of the account, a removal's of the name. */
async function stopBehindLooks({ installation }: Stage, worker: ManagedProcess, old: readonly string[]) {
  const { shop, cloud } = installation;
  const slow = { kind: 'slow', when: 'after', times: null };
  const looks = await cloud.addFaultRule({
    ...slow,
    operation: 'list',
    match: { label: 'gf-*' },
    times: ofEach,
    ms: 4_000,
  });
  const destroyed = await Promise.all(old.slice(ofEach).map((id) => shop.destroy(id)));
  await until('Their looks', async () => (await cloud.timesInjected(looks)) === ofEach);
  await cloud.addFaultRule({ ...slow, operation: 'account', ms: 9_000 });
  await cloud.addFaultRule({ ...slow, operation: 'list-records', ms: 6_000 });
  const ordering = await Promise.all([
    ...Array.from({ length: ofEach }, () => shop.buy()),
    ...old.slice(0, ofEach).map((id) => shop.rebuild(id)),
  ]);
  await until('Their last looks', async () => {
    const waiting = (await cloud.calls()).filter(({ finishedAt }) => finishedAt === null);
    const count = (looked: string) => waiting.filter(({ operation }) => operation === looked).length;
    return count('account') >= 2 * ofEach && count('list-records') >= ofEach;
  });
  const active = await activeAt(worker.url);
  if (active !== jobs) throw new Error(`The worker has ${active} jobs in hand, not ${jobs}.`);
  worker.signal('SIGUSR2');
  await untilStopped(worker);
  await cloud.clearFaultRules();
  return [...destroyed, ...ordering];
}

function untilStopped({ pid }: ManagedProcess): Promise<true> {
  return until('Its stop', async () => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

async function wakeAndWatch(
  { installation, broken }: Stage,
  frozen: ManagedProcess,
  servers: readonly string[],
): Promise<void> {
  const seen = await watchAfterFreeze(installation, frozen, servers);
  frozen.signal('SIGCONT');
  await delay(awakeMs);
  for (const message of await seen()) broken(message);
}

const orders = 3;

/** No checkpoint can come after an order's last one: on a cloud that allows equal names this is a second machine, for a while. */
const atTheOrder: Scenario = {
  id: 'worker-frozen-ordering',
  about: `a worker is frozen for ${frozenMs / 1_000} s (SIGSTOP) behind its last check of the lock, with ${orders} orders that leave when it wakes; another has made their machines`,
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
    if (!frozen) throw new Error('There is no worker.');
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
      await delay(awakeMs);
      const doubled = await until('The end of the doubles', async () => doublesOver(stage), 180_000);
      if (doubled.length < before + orders) broken(`${doubled.length - before} of ${orders} orders left when it woke.`);
      note(`the doubles were paid for ${(Math.max(...doubled) / 1000).toFixed(0)} s at most`);
    } finally {
      frozen.signal('SIGCONT');
      await workers[1]?.stop();
    }
  },
};

export const frozenWorkers: readonly Scenario[] = [behindLooks, atTheOrder];
