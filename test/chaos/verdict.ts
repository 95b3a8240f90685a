import { setTimeout as delay } from 'node:timers/promises';
import { isOpen } from '#db/model.ts';
import type { Dump } from '../db/conformance/fixture.ts';
import { broken as brokenRules } from '../db/conformance/invariants.ts';
import type { CloudHistory, CloudWatch } from './cloud-watch.ts';
import { destroyRequestsIn, unanswered, unfulfilled } from './commands.ts';
import { rowsOf } from './database.ts';
import type { Facts } from './facts.ts';
import type { Installation } from './installation.ts';
import { doubles, longOrphaned, misplaced, orderedWithoutRow } from './machines.ts';
import { dangling, wrongNames } from './names.ts';
import { overlaps } from './overlaps.ts';
import type { Promised } from './scenario.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';
import { orphansOf, type Tally, tallyOf } from './tally.ts';

/** The figures, and a sentence for each promise that does not hold. */
export type Verdict = Tally & { readonly broken: readonly string[] };

/** The verdict of a scenario that ended before it could be judged. */
export function unjudged(reason: string): Verdict {
  return {
    attempts: 0,
    acknowledged: 0,
    ok: 0,
    failed: 0,
    lost: 0,
    unexpected: 0,
    duplicated: 0,
    recovered: 0,
    orphans: 0,
    broken: [reason],
  };
}

const lookEveryMs = 500;

/**
 * Heals the installation, waits until it is idle, and compares the client's book, the database and the cloud's history.
 */
export async function judge(installation: Installation, watch: CloudWatch, promised: Promised = {}): Promise<Verdict> {
  await installation.heal();
  const idleWithinMs = (promised.idleWithinSeconds ?? 120) * 1000;
  const unfinished = await untilIdle(installation, performance.now() + idleWithinMs);
  const { cloud, shop } = installation;
  const [dump, made, history] = [await rowsOf(installation), await cloud.everMade(), await watch.end()];
  const facts = { dump, made, book: shop.book, promised };
  const tally = tallyOf(facts);
  return {
    ...tally,
    broken: [
      ...unfinished,
      ...brokenRules(dump),
      ...brokenPromises(facts, history),
      ...wrongNames(dump, await cloud.records()),
      ...(tally.orphans > 0 ? [`${tally.orphans} machines belong to no living server.`] : []),
      ...(await alertsLeft(installation, promised)),
    ],
  };
}

function brokenPromises(facts: Facts, { calls, changes }: CloudHistory): string[] {
  const { dump, made, book, promised } = facts;
  const absences = { destroyRequestedAt: destroyRequestsIn(book), jobs: dump.jobs };
  return [
    ...unfulfilled(facts),
    ...unanswered(facts),
    ...doubles(facts),
    ...misplaced(facts),
    ...longOrphaned(facts),
    ...orderedWithoutRow(facts),
    ...overlaps(dump, calls),
    ...(promised.namesMayDangle ? [] : dangling(changes, made, absences)),
  ];
}

/** Waits until no job is open and the cloud has only the machines of living servers. Returns the unfinished work. */
async function untilIdle(installation: Installation, giveUpAt: number): Promise<string[]> {
  for (;;) {
    const unfinished = unfinishedWork(await rowsOf(installation), await installation.cloud.machines());
    if (unfinished.length === 0) return [];
    if (performance.now() > giveUpAt) return unfinished.slice(0, 5).map((message) => `Not idle: ${message}`);
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

/** An alert may outlive its cause until the service checks again. */
const alertsClearWithinMs = 60_000;

async function alertsLeft({ shop }: Installation, { alertsLeft: left = [], mayFail }: Promised): Promise<string[]> {
  const allowed = [...left, ...(mayFail ? ['paid-without-server', 'parked-job'] : [])];
  const giveUpAt = performance.now() + alertsClearWithinMs;
  for (;;) {
    const alerts = (await shop.alerts())?.filter(({ kind }) => !allowed.includes(kind));
    if (alerts?.length === 0) return [];
    if (performance.now() > giveUpAt)
      return alerts?.map(({ kind, message }) => `Alert ${kind} is left: ${message}`) ?? ['The API returns no alerts.'];
    await delay(lookEveryMs);
  }
}
