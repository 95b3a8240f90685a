import { setTimeout as delay } from 'node:timers/promises';
import { whyNoPostgres } from '../../postgres.ts';
import { giveFakeClock, whyNoFakeClock } from '../fake-clock.ts';
import { buyMany } from '../load.ts';
import type { ManagedProcess } from '../managed-process.ts';
import { ownPostgres } from '../own-postgres.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { machinesOf, nameOf } from './life.ts';

const graceSeconds = 15;
const twoHours = 2 * 60 * 60;
/**
 * The part of the grace that may pass before this process sees the switch. A trusted wrong clock would end nearly all
 * of the grace.
 */
const seenLateMs = 5_000;

interface Jump {
  readonly id: string;
  readonly description: string;
  readonly seconds: number;
}

const jumps: readonly Jump[] = [
  { id: 'clock-forward', description: 'two hours forward', seconds: twoHours },
  { id: 'clock-back', description: 'two hours back', seconds: -twoHours },
];

/** On Postgres, because only a worker on a separate host can have its own clock. */
export const clockJumps: readonly Scenario[] = jumps.map(({ id, description, seconds }) => ({
  id,
  about: `the clock of one of two workers jumps ${description} while creates, rebuilds and retires run, and is later set right`,
  runs: { full: 2, quick: 0 },
  setting: {
    database: ownPostgres,
    workerEnv: { REBUILD_GRACE_SECONDS: String(graceSeconds) },
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '3' },
  },
  skipReason: () => whyNoPostgres() ?? whyNoFakeClock(),
  run: (stage) => jump(stage, seconds),
}));

/** At the first jump both workers run jobs. At the second, new jobs wait for a worker whose clock is right. */
async function jump(stage: Stage, seconds: number): Promise<void> {
  const { shop, workers } = stage.installation;
  const [worker] = workers;
  if (!worker) throw new Error('The installation has no worker.');
  const clock = await giveFakeClock(stage.installation, worker);
  const inService = await buyMany(stage.installation, 4);
  await Promise.all(inService.map((id) => shop.until(id, 'running')));

  const open = await buyMany(stage.installation, 8);
  const rebuilt = inService.map((id) => replace(stage, id));
  await delay(stage.random.between(500, 3_000));
  clock.shift(seconds);
  await untilClock(worker, 'wrong');
  const later = await buyMany(stage.installation, 8);
  const jumpedAt = performance.now();
  await Promise.all([...open, ...later].map((id) => shop.until(id, 'running')));
  stage.recovered(performance.now() - jumpedAt);
  await Promise.all(rebuilt);

  const last = await buyMany(stage.installation, 8);
  clock.shift(0);
  await untilClock(worker, 'ok');
  await Promise.all(last.map((id) => shop.until(id, 'running')));
}

function untilClock({ url }: ManagedProcess, found: 'ok' | 'wrong'): Promise<true> {
  return until(`the clock to be ${found}`, async () => {
    const { clock } = (await (await fetch(`${url}/readyz`)).json()) as { clock?: unknown };
    return clock === found || null;
  });
}

/** Rebuilds a running server and checks that its old machine is kept for the whole grace and removed soon after. */
async function replace({ installation: { shop, cloud }, broken, note }: Stage, id: string): Promise<void> {
  await shop.rebuild(id);
  await until(`the rebuild of ${id}`, async () => (await shop.server(id))?.generation === 2 || null);
  await shop.until(id, 'running');
  const switchedAt = performance.now();
  const old = nameOf(id, { generation: 1 });
  await until(
    `the retire of ${old}`,
    async () => (await machinesOf(cloud, id)).every(({ label }) => label !== old),
    120_000,
  );
  const servedMs = performance.now() - switchedAt;
  if (servedMs < graceSeconds * 1000 - seenLateMs)
    broken(`${old} was removed ${(servedMs / 1000).toFixed(1)} s after the switch; its grace is ${graceSeconds} s.`);
  note(`replaced machines served ${Math.round(servedMs / 5_000) * 5} s of their ${graceSeconds} s grace`);
}
