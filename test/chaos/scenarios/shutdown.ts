import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from '../installation.ts';
import { jobCountersOf, usedAttempts } from '../job-counters.ts';
import { allRun, buyMany, whileBuying } from '../load.ts';
import type { ManagedProcess } from '../managed-process.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';

const concurrency = 50;
const active = 2 * concurrency;
const waiting = 200;
/** After the grace a process still ends its upkeep and its connections. */
const afterGraceMs = 4_000;
/** SHUTDOWN_GRACE_SECONDS, unless a scenario sets it. */
const usualGraceSeconds = 30;
const restarts = 20;

const busy: Scenario = {
  id: 'sigterm-busy',
  about: `SIGTERM of both workers with ${active} jobs active and ${waiting} waiting; no attempt is used`,
  runs: { full: 2, quick: 0 },
  setting: {
    concurrency,
    workerEnv: { SHUTDOWN_GRACE_SECONDS: '10' },
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '6' },
  },
  run: async (stage) => {
    const { installation, recovered } = stage;
    const ids = await buyMany(installation, active + waiting);
    await untilActive(stage, active);
    await Promise.all(installation.workers.map((worker) => stop(stage, worker, 10)));
    const stoppedAt = performance.now();
    await Promise.all(installation.workers.map((worker) => worker.start()));
    await until('the first run', async () => (await activeIn(installation.workers)) > 0);
    recovered(performance.now() - stoppedAt);
    await allRun({ installation }, ids, 180_000);
    await reportUsedAttempts(stage, { stalls: true });
  },
};

const hanging: Scenario = {
  id: 'sigterm-hanging',
  about: 'SIGTERM of a worker while the provider hangs; it exits within its grace, and no attempt is used',
  runs: { full: 3, quick: 0 },
  // With a second worker, calls would hang past their own timeout, which uses an attempt.
  setting: { workers: 1, concurrency: 10, workerEnv: { SHUTDOWN_GRACE_SECONDS: '5' } },
  run: async (stage) => {
    const { installation } = stage;
    const [worker] = installation.workers;
    if (!worker) throw new Error('The installation has no worker.');
    const rule = await installation.cloud.addFaultRule({ kind: 'hang', operation: 'create', times: null });
    const ids = await buyMany(installation, 10);
    await installation.cloud.untilInjected(rule);
    await stop(stage, worker, 5);
    await installation.cloud.clearFaultRules();
    await worker.start();
    await allRun({ installation }, ids);
    await reportUsedAttempts(stage, { stalls: false });
  },
};

const rolling: Scenario = {
  id: 'rolling-restarts',
  about: `${restarts} rolling restarts of two workers and two APIs during steady purchases; none is refused after one retry`,
  runs: { full: 1, quick: 0 },
  setting: { apis: 2 },
  run: async (stage) => {
    const { installation, broken, note } = stage;
    await whileBuying(installation, 500, async () => {
      for (let count = 0; count < restarts; count++)
        for (const [at, worker] of installation.workers.entries()) {
          const api = installation.apis[at];
          await Promise.all([worker, ...(api ? [api] : [])].map((target) => restart(stage, target)));
        }
    });
    const most = Math.max(...installation.shop.book.map(({ tries }) => tries));
    note(`purchases took ${most} calls at most`);
    for (const { tries, why } of installation.shop.book)
      if (tries > 2) broken(`A purchase took ${tries} calls: ${why}`);
    await reportUsedAttempts(stage, { stalls: true });
  },
};

const scaling: Scenario = {
  id: 'scale',
  about: 'one worker becomes four, and one again, during steady purchases; no attempt is used',
  runs: { full: 2, quick: 0 },
  setting: { workers: 1 },
  run: async (stage) => {
    const { installation } = stage;
    await whileBuying(installation, 150, async () => {
      while (installation.workers.length < 4) await installation.addWorker();
      const more = installation.workers.slice(1);
      for (const worker of more) await worker.start();
      await delay(5_000);
      for (const worker of more) await stop(stage, worker);
      await delay(2_000);
    });
    await reportUsedAttempts(stage, { stalls: true });
  },
};

const silentConnections = 50;
/** Time without any answer, while the processes end and start. */
const silenceSeconds = 3;

const silent: Scenario = {
  id: 'restart-silent',
  about: `the API and both workers are restarted during steady purchases, while ${silentConnections} connections are open that never sent a byte; no call is without an answer for more than ${silenceSeconds} s`,
  runs: { full: 3, quick: 0 },
  promise: { worstSeconds: silenceSeconds },
  run: async (stage) => {
    const { installation, recovered } = stage;
    const { api, workers } = installation;
    const close = await openSilent(api.url);
    const silenceMs = await whileBuying(installation, 50, () =>
      longestSilenceMs(installation, async () => {
        await delay(1_000);
        await Promise.all([api, ...workers].map((target) => restart(stage, target)));
        await delay(1_000);
      }),
    );
    close();
    recovered(silenceMs);
  },
};

export const shutdowns: readonly Scenario[] = [busy, hanging, rolling, scaling, silent];

/** Opens connections that send nothing, and returns a function that closes those that the API has not closed. */
async function openSilent(url: string): Promise<() => void> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: silentConnections }, () => connect(Number(port), hostname));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.on('error', () => undefined);
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** The longest time between two answers of the API to a read of the database, while `body` runs. */
async function longestSilenceMs({ shop }: Installation, body: () => Promise<void>): Promise<number> {
  const running = new AbortController();
  let [answeredAt, longestMs] = [performance.now(), 0];
  const ask = async () => {
    while (!running.signal.aborted) {
      const isAnswered = await shop.get('/v1/servers?limit=1').then(
        () => true,
        () => false,
      );
      longestMs = Math.max(longestMs, performance.now() - answeredAt);
      if (isAnswered) answeredAt = performance.now();
      await delay(20);
    }
  };
  const asking = ask();
  await body().finally(() => running.abort());
  await asking;
  return longestMs;
}

/** Sends SIGTERM and checks the exit code and the time until the exit. */
async function stop({ broken }: Stage, target: ManagedProcess, graceSeconds = usualGraceSeconds): Promise<void> {
  const signalledAt = performance.now();
  const code = await target.stop();
  const tookMs = performance.now() - signalledAt;
  if (code !== 0) broken(`${target.name} exited with ${code} after SIGTERM.`);
  if (tookMs > graceSeconds * 1_000 + afterGraceMs)
    broken(`${target.name} took ${(tookMs / 1000).toFixed(1)} s to exit; its grace is ${graceSeconds} s.`);
}

async function restart(stage: Stage, target: ManagedProcess): Promise<void> {
  await stop(stage, target);
  await target.start();
}

async function reportUsedAttempts({ installation, broken }: Stage, options: { stalls: boolean }): Promise<void> {
  for (const message of usedAttempts(await jobCountersOf(installation), options).slice(0, 5)) broken(message);
}

async function untilActive({ installation: { workers } }: Stage, count: number): Promise<void> {
  await until(`${count} active jobs`, async () => (await activeIn(workers)) >= count);
}

async function activeIn(workers: readonly ManagedProcess[]): Promise<number> {
  const counts = workers.map(async ({ url }) => {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    const body: unknown = await answer?.json();
    return typeof body === 'object' && body !== null && 'active' in body ? Number(body.active) : 0;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
