import { setTimeout as delay } from 'node:timers/promises';
import { isOpen } from '#db/model.ts';
import { openDatabase } from '#db/open.ts';
import type { Server } from '#db/tables.ts';
import { type Dump, dumpOf } from '../db/conformance/fixture.ts';
import { broken as brokenRules } from '../db/conformance/invariants.ts';
import type { Installation } from './installation.ts';
import type { Promised } from './scenario.ts';
import type { Attempt } from './shop.ts';
import type { CloudCall, SimulatedMachine, SimulatedRecord } from './simulated-cloud.ts';

/** What became of all that was asked for, in Jepsen's words for a set: an element is a purchase with its server. */
export interface Verdict {
  readonly attempts: number;
  readonly acknowledged: number;
  /** There, and as its last acknowledged command left it. */
  readonly ok: number;
  /** Acknowledged, and not there or not as it should be. */
  readonly lost: number;
  /** There, and never asked for. */
  readonly unexpected: number;
  /** There more than once: two servers of one purchase, or two machines of one server. */
  readonly duplicated: number;
  /** Never acknowledged, and there all the same. */
  readonly recovered: number;
  /** Ended as failed, with a reason, where the scenario allows it. */
  readonly failed: number;
  /** Machines that nobody's server stands for. */
  readonly orphans: number;
  /** A sentence for each promise that does not hold. */
  readonly broken: readonly string[];
}

/** Where it did not come to a judgement. */
export function nothingJudged(why: string): Verdict {
  const none = { attempts: 0, acknowledged: 0, ok: 0, failed: 0, lost: 0, unexpected: 0, duplicated: 0, recovered: 0 };
  return { ...none, orphans: 0, broken: [why] };
}

const lookEveryMs = 500;

/** Heals the installation, waits for quiet, and compares the client's book, the database and the cloud. */
export async function judge(installation: Installation, promised: Promised = {}): Promise<Verdict> {
  await installation.heal();
  const quietWithinMs = (promised.quietWithinSeconds ?? 120) * 1000;
  const noise = await untilQuiet(installation, promised, performance.now() + quietWithinMs);
  const { cloud } = installation;
  const [dump, made, calls] = [await read(installation), await cloud.everMade(), await cloud.calls()];
  const facts = { dump, made, book: installation.shop.book, promised };
  const counted = count(facts);
  return {
    ...counted,
    broken: [
      ...noise,
      ...brokenRules(dump),
      ...misfits(facts),
      ...doubles(facts),
      ...wrongNames(dump, (await cloud.present()).records),
      ...overlaps(calls),
      ...(counted.orphans > 0 ? [`${counted.orphans} machines without a server that stands for them.`] : []),
      ...(await alertsLeft(installation, promised)),
    ],
  };
}

async function read({ databaseUrl }: Installation): Promise<Dump> {
  const database = await openDatabase(databaseUrl);
  try {
    return await dumpOf(database);
  } finally {
    await database.close();
  }
}

/** Quiet: no job is open, and the cloud has the machines of living servers alone. Returns what was still loud at the end. */
async function untilQuiet(installation: Installation, promised: Promised, giveUpAt: number): Promise<string[]> {
  for (;;) {
    const noise = noiseOf(await read(installation), await installation.cloud.machines(), promised);
    if (noise.length === 0) return [];
    if (performance.now() > giveUpAt) return noise.slice(0, 5).map((words) => `Not quiet: ${words}`);
    await delay(lookEveryMs);
  }
}

function noiseOf(dump: Dump, machines: readonly SimulatedMachine[], promised: Promised): string[] {
  const open = dump.jobs
    .filter(({ state }) => isOpen(state))
    .map(({ id, kind, state }) => `${kind} ${id} is ${state}.`);
  const orphans = promised.strangersStay
    ? []
    : orphansOf(dump, machines).map(({ label }) => `Machine ${label} is left.`);
  return [...open, ...orphans];
}

/** Machines with our names that are not the current one of a living server. */
function orphansOf(dump: Dump, machines: readonly SimulatedMachine[]): SimulatedMachine[] {
  const serving = new Set(
    dump.machines
      .filter(({ id }) => dump.servers.some(({ machineId }) => machineId === id))
      .map(({ providerId }) => providerId),
  );
  return machines.filter(({ id, label }) => label.startsWith('gf-') && !serving.has(id));
}

interface Facts {
  readonly dump: Dump;
  readonly made: readonly SimulatedMachine[];
  readonly book: readonly Attempt[];
  readonly promised: Promised;
}

function count(facts: Facts): Omit<Verdict, 'broken'> {
  const { dump, book, made } = facts;
  const bought = book.filter(({ kind }) => kind === 'purchase');
  const acknowledged = bought.filter(({ outcome }) => outcome === 'acknowledged');
  const ofKey = Map.groupBy(dump.servers, ({ reference }) => reference ?? '');
  const states = acknowledged.map((attempt) => stateOf(facts, attempt));
  const orphans = facts.promised.strangersStay
    ? 0
    : orphansOf(
        dump,
        made.filter(({ removedAt }) => removedAt === null),
      ).length;
  return {
    attempts: bought.length,
    acknowledged: acknowledged.length,
    ok: states.filter((state) => state === 'ok').length,
    failed: states.filter((state) => state === 'failed').length,
    lost: states.filter((state) => state === 'lost').length,
    unexpected: dump.servers.filter(({ reference }) => !bought.some(({ key }) => key === reference)).length,
    duplicated: [...ofKey.values()].filter((servers) => servers.length > 1).length + doubles(facts).length,
    recovered: bought.filter(({ outcome, key }) => outcome !== 'acknowledged' && ofKey.has(key)).length,
    orphans,
  };
}

function stateOf({ dump, made, book, promised }: Facts, { serverId }: Attempt): 'ok' | 'failed' | 'lost' {
  const server = dump.servers.find(({ id }) => id === serverId);
  if (!server) return 'lost';
  const destroys = book.filter((attempt) => attempt.kind === 'destroy' && attempt.serverId === serverId);
  const mayLive = destroys.every(({ outcome }) => outcome !== 'acknowledged');
  if (server.status === 'destroyed' && destroys.some(({ outcome }) => outcome !== 'refused')) return 'ok';
  if (server.status === 'failed' && promised.mayFail && mayLive) return 'failed';
  return mayLive && server.status === 'running' && isServed(dump, made, server) ? 'ok' : 'lost';
}

/** Its current machine is one that exists at the cloud. */
function isServed(dump: Dump, made: readonly SimulatedMachine[], server: Server): boolean {
  const current = dump.machines.find(({ id }) => id === server.machineId);
  return made.some(({ id, removedAt }) => id === current?.providerId && removedAt === null);
}

function misfits(facts: Facts): string[] {
  return facts.book
    .filter(({ kind, outcome }) => kind === 'purchase' && outcome === 'acknowledged')
    .filter((attempt) => stateOf(facts, attempt) === 'lost')
    .map(({ serverId }) => {
      const server = facts.dump.servers.find(({ id }) => id === serverId);
      const [error] = facts.dump.jobs.filter((job) => job.serverId === serverId && job.error).map(({ error }) => error);
      return `Server ${serverId} is ${server?.status ?? 'not there'}${error ? ` (${error})` : ''}.`;
    });
}

/** A name that more than one machine was ever made of. */
function doubles({ made, promised }: Facts): string[] {
  const ours = made.filter(({ label }) => label.startsWith('gf-'));
  const counted = promised.mayDoubleForSeconds ? ours.filter(({ removedAt }) => removedAt === null) : ours;
  return [...Map.groupBy(counted, ({ label }) => label)]
    .filter(([, machines]) => machines.length > 1)
    .map(([label, machines]) => `${machines.length} machines were made as ${label}.`);
}

/** I2: each running server's name has exactly its machine's addresses, and no other server has a name. */
function wrongNames({ servers, machines }: Dump, records: readonly SimulatedRecord[]): string[] {
  const wanted = servers.flatMap(({ hostname, machineId }) => {
    const machine = machines.find(({ id }) => id === machineId);
    return [machine?.ipv4, machine?.ipv6].filter(Boolean).map((address) => `${hostname} at ${address}`);
  });
  const had = records.filter(({ type }) => type !== 'TXT').map(({ name, content }) => `${name} at ${content}`);
  return [
    ...wanted.filter((record) => !had.includes(record)).map((record) => `There is no record of ${record}.`),
    ...had.filter((record, at) => had.indexOf(record) !== at).map((record) => `There are two records of ${record}.`),
    ...had.filter((record) => !wanted.includes(record)).map((record) => `There is a record of ${record}.`),
  ];
}

/** I4: orders and removals of one machine's name that were under way at the same time, by different processes. */
function overlaps(calls: readonly CloudCall[]): string[] {
  const changes = calls.filter(
    ({ operation, label, finishedAt }) => ['create', 'delete'].includes(operation) && label && finishedAt,
  );
  return [...Map.groupBy(changes, ({ label }) => label)].flatMap(([label, ofName]) =>
    ofName.flatMap((one, at) =>
      ofName
        .slice(at + 1)
        .filter((other) => other.client !== one.client && other.startedAt < (one.finishedAt ?? 0))
        .map((other) => `${one.operation} and ${other.operation} of ${label} overlapped.`),
    ),
  );
}

/** An alert may outlive its cause by as long as it takes to look again. */
const alertsClearWithinMs = 60_000;

async function alertsLeft({ shop }: Installation, { alertsLeft: left = [], mayFail }: Promised): Promise<string[]> {
  const allowed = [...left, ...(mayFail ? ['paid-without-server', 'parked-job'] : [])];
  const giveUpAt = performance.now() + alertsClearWithinMs;
  for (;;) {
    const alerts = (await shop.alerts()).filter(({ kind }) => !allowed.includes(kind));
    if (alerts.length === 0) return [];
    if (performance.now() > giveUpAt) return alerts.map(({ kind, message }) => `Alert ${kind} is left: ${message}`);
    await delay(lookEveryMs);
  }
}
