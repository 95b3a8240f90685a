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
/** A part of the grace that passes before the switch is seen from here; a clock that is believed takes nearly all of it. */
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

/** On Postgres: one worker's clock can only be wrong where it has a host of its own. */
export const clockJumps: readonly Scenario[] = jumps.map(({ id, description, seconds }) => ({
  id,
  about: `the clock of one of two workers jumps ${description} with creates, rebuilds and retires under way, and later right again`,
  runs: { full: 2, quick: 0 },
  setting: {
    database: ownPostgres,
    workerEnv: { REBUILD_GRACE_SECONDS: String(graceSeconds) },
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '3' },
  },
  skipReason: () => whyNoPostgres() ?? whyNoFakeClock(),
  run: (stage) => jump(stage, seconds),
}));

/** Both workers have jobs in hand at the first jump; the second finds new ones waiting for a worker whose clock is right. */
async function jump(stage: Stage, seconds: number): Promise<void> {
  const { shop, workers } = stage.installation;
  const [worker] = workers;
  if (!worker) throw new Error('There is no worker.');
  const clock = await giveFakeClock(stage.installation, worker);
  const settled = await buyMany(stage.installation, 4);
  await Promise.all(settled.map((id) => shop.until(id, 'running')));

  const open = await buyMany(stage.installation, 8);
  const rebuilt = settled.map((id) => replace(stage, id));
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
  return until(`A clock that is ${found}`, async () => {
    const { clock } = (await (await fetch(`${url}/readyz`)).json()) as { clock?: unknown };
    return clock === found || null;
  });
}

/** Rebuilds a running server and sees that its old machine serves for the whole grace, and is gone soon after. */
async function replace({ installation: { shop, cloud }, broken, note }: Stage, id: string): Promise<void> {
  await shop.rebuild(id);
  await until(`The rebuild of ${id}`, async () => (await shop.server(id))?.generation === 2 || null);
  await shop.until(id, 'running');
  const switchedAt = performance.now();
  const old = nameOf(id, { generation: 1 });
  await until(
    `The retire of ${old}`,
    async () => (await machinesOf(cloud, id)).every(({ label }) => label !== old),
    120_000,
  );
  const servedMs = performance.now() - switchedAt;
  if (servedMs < graceSeconds * 1000 - seenLateMs)
    broken(
      `${old} was removed ${(servedMs / 1000).toFixed(1)} s after the switch, and ${graceSeconds} s are its grace.`,
    );
  note(`replaced machines served ${Math.round(servedMs / 5_000) * 5} s of their ${graceSeconds} s grace`);
}
