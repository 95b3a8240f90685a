import { setTimeout as delay } from 'node:timers/promises';
import { isOpen } from '#db/model.ts';
import type { Dump } from '../db/conformance/fixture.ts';
import { broken as brokenRules } from '../db/conformance/invariants.ts';
import type { CloudWatch } from './cloud-watch.ts';
import { destroyRequestsIn, unanswered, unfulfilled } from './commands.ts';
import { rowsOf } from './database.ts';
import type { Installation } from './installation.ts';
import { doubles, longOrphaned, misplaced, orderedWithoutRow } from './machines.ts';
import { dangling, wrongNames } from './names.ts';
import { overlaps } from './overlaps.ts';
import type { Promised } from './scenario.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';
import { orphansOf, type Tally, tallyOf } from './tally.ts';

/** The figures, and a sentence for each promise that does not hold. */
export type Verdict = Tally & { readonly broken: readonly string[] };

/** Where it did not come to a judgement. */
export function unjudged(why: string): Verdict {
  const none = { attempts: 0, acknowledged: 0, ok: 0, failed: 0, lost: 0, unexpected: 0, duplicated: 0, recovered: 0 };
  return { ...none, orphans: 0, broken: [why] };
}

const lookEveryMs = 500;

/** Heals the installation, waits for quiet, and compares the client's book, the database and what the cloud tells. */
export async function judge(installation: Installation, watch: CloudWatch, promised: Promised = {}): Promise<Verdict> {
  await installation.heal();
  const idleWithinMs = (promised.idleWithinSeconds ?? 120) * 1000;
  const unfinished = await untilIdle(installation, performance.now() + idleWithinMs);
  const { cloud } = installation;
  const [dump, made, seen] = [await rowsOf(installation), await cloud.everMade(), await watch.end()];
  const facts = { dump, made, book: installation.shop.book, promised };
  const counted = tallyOf(facts);
  return {
    ...counted,
    broken: [
      ...unfinished,
      ...brokenRules(dump),
      ...unfulfilled(facts),
      ...unanswered(facts),
      ...doubles(facts),
      ...misplaced(facts),
      ...longOrphaned(facts),
      ...orderedWithoutRow(facts),
      ...wrongNames(dump, await cloud.records()),
      ...overlaps(dump, seen.calls),
      ...(promised.namesMayDangle ? [] : dangling(seen.changes, made, destroyRequestsIn(facts.book))),
      ...(counted.orphans > 0 ? [`${counted.orphans} machines without a server that stands for them.`] : []),
      ...(await alertsLeft(installation, promised)),
    ],
  };
}

/** Quiet: no job is open, and the cloud has the machines of living servers alone. Returns what was still loud at the end. */
async function untilIdle(installation: Installation, giveUpAt: number): Promise<string[]> {
  for (;;) {
    const unfinished = unfinishedWork(await rowsOf(installation), await installation.cloud.machines());
    if (unfinished.length === 0) return [];
    if (performance.now() > giveUpAt) return unfinished.slice(0, 5).map((message) => `Not quiet: ${message}`);
    await delay(lookEveryMs);
  }
}

function unfinishedWork(dump: Dump, machines: readonly SimulatedMachine[]): string[] {
  const open = dump.jobs
    .filter(({ state }) => isOpen(state))
    .map(({ id, kind, state }) => `${kind} ${id} is ${state}.`);
  const orphans = orphansOf(dump, machines).map(({ label }) => `Machine ${label} is left.`);
  return [...open, ...orphans];
}

/** An alert may outlive its cause by as long as it takes to look again. */
const alertsClearWithinMs = 60_000;

async function alertsLeft({ shop }: Installation, { alertsLeft: left = [], mayFail }: Promised): Promise<string[]> {
  const allowed = [...left, ...(mayFail ? ['paid-without-server', 'parked-job'] : [])];
  const giveUpAt = performance.now() + alertsClearWithinMs;
  for (;;) {
    const alerts = (await shop.alerts())?.filter(({ kind }) => !allowed.includes(kind));
    if (alerts?.length === 0) return [];
    if (performance.now() > giveUpAt)
      return alerts?.map(({ kind, message }) => `Alert ${kind} is left: ${message}`) ?? ['The API tells no alerts.'];
    await delay(lookEveryMs);
  }
}
