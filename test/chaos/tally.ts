import type { Server } from '#db/tables.ts';
import type { Dump } from '../db/conformance/fixture.ts';
import { doubles } from './machines.ts';
import type { Promised } from './scenario.ts';
import type { Attempt } from './shop.ts';
import type { CloudCall, SimulatedMachine, SimulatedRecord } from './simulated-cloud.ts';

/** What became of all that was asked for, in Jepsen's words for a set: an element is a purchase with its server. */
export interface Tally {
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
}

/** All that is compared: the client's book, the database, and every machine that the cloud ever made. */
export interface Facts {
  readonly dump: Pick<Dump, 'servers' | 'machines' | 'jobs'>;
  readonly made: readonly SimulatedMachine[];
  readonly book: readonly Attempt[];
  readonly promised: Promised;
}

export function tallyOf(facts: Facts): Tally {
  const { dump, book, made } = facts;
  const bought = book.filter(({ kind }) => kind === 'purchase');
  const acknowledged = bought.filter(({ outcome }) => outcome === 'acknowledged');
  const ofKey = Map.groupBy(dump.servers, ({ reference }) => reference ?? '');
  const states = acknowledged.map((attempt) => stateOf(facts, attempt));
  const living = made.filter(({ removedAt }) => removedAt === null);
  return {
    attempts: bought.length,
    acknowledged: acknowledged.length,
    ok: states.filter((state) => state === 'ok').length,
    failed: states.filter((state) => state === 'failed').length,
    lost: states.filter((state) => state === 'lost').length,
    unexpected: dump.servers.filter(({ reference }) => !bought.some(({ key }) => key === reference)).length,
    duplicated: [...ofKey.values()].filter((servers) => servers.length > 1).length + doubles(facts).length,
    recovered: bought.filter(({ outcome, key }) => outcome !== 'acknowledged' && ofKey.has(key)).length,
    orphans: orphansOf(dump, living).length,
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
function isServed(dump: Facts['dump'], made: readonly SimulatedMachine[], server: Server): boolean {
  const current = dump.machines.find(({ id }) => id === server.machineId);
  return made.some(({ id, removedAt }) => id === current?.providerId && removedAt === null);
}

/** Machines with our names that are not the current one of a living server. */
export function orphansOf(dump: Facts['dump'], machines: readonly SimulatedMachine[]): SimulatedMachine[] {
  const serving = new Set(
    dump.machines
      .filter(({ id }) => dump.servers.some(({ machineId }) => machineId === id))
      .map(({ providerId }) => providerId),
  );
  return machines.filter(({ id, label }) => label.startsWith('gf-') && !serving.has(id));
}

/** What was acknowledged and is not as it should be, a sentence each. */
export function unfulfilled(facts: Facts): string[] {
  return [...unfulfilledPurchases(facts), ...unfulfilledCommands(facts)];
}

/** A rebuild or destroy that was acknowledged has a job, which has succeeded; a rebuild may have made way to a destroy. */
function unfulfilledCommands({ dump, book, promised }: Facts): string[] {
  const destroyRequests = destroyRequestsIn(book);
  return book
    .filter(({ kind, outcome }) => kind !== 'purchase' && outcome === 'acknowledged')
    .flatMap(({ kind, jobId, serverId }) => {
      const job = dump.jobs.find(({ id }) => id === jobId);
      if (!job) return [`The ${kind} ${jobId} of ${serverId} is not there.`];
      if (job.state === 'succeeded' || (job.state === 'cancelled' && destroyRequests.has(serverId))) return [];
      if (promised.mayFail && job.state === 'failed') return [];
      return [`The ${kind} ${jobId} of ${serverId} is ${job.state}: ${job.error}`];
    });
}

/** Servers whose destroy has been asked for, and when that was first. */
export function destroyRequestsIn(book: readonly Attempt[]): ReadonlyMap<string | null, number> {
  const destroys = book.filter(({ kind }) => kind === 'destroy');
  return new Map(destroys.toReversed().map(({ serverId, askedAt }) => [serverId, askedAt]));
}

/** What a client that asks again was refused, or never told; where the cloud makes nothing, that may be. */
export function unanswered({ book, promised }: Pick<Facts, 'book' | 'promised'>): string[] {
  const destroyRequests = destroyRequestsIn(book);
  return book
    .filter(({ kind, outcome, serverId }) => {
      const isMoot = kind !== 'purchase' && outcome === 'refused' && destroyRequests.has(serverId);
      return outcome !== 'acknowledged' && !isMoot && !promised.mayFail;
    })
    .map(({ kind, serverId, outcome, why }) => `A ${kind} (${serverId ?? 'new'}) is ${outcome}: ${why}`);
}

function unfulfilledPurchases(facts: Facts): string[] {
  return facts.book
    .filter(({ kind, outcome }) => kind === 'purchase' && outcome === 'acknowledged')
    .filter((attempt) => stateOf(facts, attempt) === 'lost')
    .map(({ serverId }) => {
      const server = facts.dump.servers.find(({ id }) => id === serverId);
      const [error] = facts.dump.jobs.filter((job) => job.serverId === serverId && job.error).map(({ error }) => error);
      return `Server ${serverId} is ${server?.status ?? 'not there'}${error ? ` (${error})` : ''}.`;
    });
}

/** I2: each running server's name has exactly its machine's addresses, and no other server has a name. */
export function wrongNames({ servers, machines }: Facts['dump'], records: readonly SimulatedRecord[]): string[] {
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

/** A call that was never answered ends with the service's own deadline. */
const deadlineMs = 15_000;

/**
 * I4: orders and removals for one server that were under way at the same time. The removal of a machine that has a retire is
 * in a line of its own, and kept apart from that machine's other calls alone.
 */
export function overlaps({ jobs, machines }: Facts['dump'], calls: readonly CloudCall[]): string[] {
  const retires = jobs.filter(({ kind }) => kind === 'retire');
  const retired = new Set(retires.map(({ machineId }) => machines.find(({ id }) => id === machineId)?.name));
  const isRetire = ({ operation, label }: CloudCall) => operation === 'delete' && retired.has(label ?? '');
  const isOfOneLine = (one: CloudCall, other: CloudCall) =>
    one.label === other.label || !(isRetire(one) || isRetire(other));
  const changes = calls.filter(({ operation, label }) => ['create', 'delete'].includes(operation) && label);
  const endOf = ({ finishedAt, startedAt }: CloudCall) => finishedAt ?? startedAt + deadlineMs;
  return [...Map.groupBy(changes, serverOf).values()].flatMap((ofServer) =>
    ofServer
      .toSorted((a, b) => a.startedAt - b.startedAt)
      .flatMap((one, at, sorted) =>
        sorted
          .slice(at + 1)
          .filter((other) => other.startedAt < endOf(one) && isOfOneLine(one, other))
          .map((other) => `${one.operation} of ${one.label} and ${other.operation} of ${other.label} overlapped.`),
      ),
  );
}

/** What a machine's name has before its generation. */
function serverOf({ label }: CloudCall): string {
  return label?.replace(/-\d+$/, '') ?? '';
}
