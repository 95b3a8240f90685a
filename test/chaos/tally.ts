import type { Server } from '#db/tables.ts';
import type { Attempt } from './attempt.ts';
import type { Facts } from './facts.ts';
import { doubles } from './machines.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';

/** The outcome of all requests, in Jepsen's words for a set. An element is a purchase with its server. */
export interface Tally {
  readonly attempts: number;
  readonly acknowledged: number;
  /** Present, and in the state of its last acknowledged command. */
  readonly ok: number;
  /** Acknowledged, but absent or in another state. */
  readonly lost: number;
  /** Present, but never requested. */
  readonly unexpected: number;
  /** Present more than once: two servers of one purchase, or two machines of one server. */
  readonly duplicated: number;
  /** Never acknowledged, but present. */
  readonly recovered: number;
  /** Ended as failed, with a reason, if the scenario allows it. */
  readonly failed: number;
  /** Machines that belong to no living server. */
  readonly orphans: number;
}

export function tallyOf(facts: Facts): Tally {
  const { dump, book, made } = facts;
  const bought = book.filter(({ kind }) => kind === 'purchase');
  const acknowledged = bought.filter(({ outcome }) => outcome === 'acknowledged');
  const byReference = Map.groupBy(dump.servers, ({ reference }) => reference ?? '');
  const outcomes = acknowledged.map((attempt) => outcomeOf(facts, attempt));
  const existing = made.filter(({ removedAt }) => removedAt === null);
  return {
    attempts: bought.length,
    acknowledged: acknowledged.length,
    ok: outcomes.filter((outcome) => outcome === 'ok').length,
    failed: outcomes.filter((outcome) => outcome === 'failed').length,
    lost: outcomes.filter((outcome) => outcome === 'lost').length,
    unexpected: dump.servers.filter(({ reference }) => !bought.some(({ key }) => key === reference)).length,
    duplicated: [...byReference.values()].filter((servers) => servers.length > 1).length + doubles(facts).length,
    recovered: bought.filter(({ outcome, key }) => outcome !== 'acknowledged' && byReference.has(key)).length,
    orphans: orphansOf(dump, existing).length,
  };
}

/** The outcome of an acknowledged purchase. */
export function outcomeOf({ dump, made, book, promised }: Facts, { serverId }: Attempt): 'ok' | 'failed' | 'lost' {
  const server = dump.servers.find(({ id }) => id === serverId);
  if (!server) return 'lost';
  const destroys = book.filter((attempt) => attempt.kind === 'destroy' && attempt.serverId === serverId);
  const mayLive = destroys.every(({ outcome }) => outcome !== 'acknowledged');
  if (server.status === 'destroyed' && destroys.some(({ outcome }) => outcome !== 'refused')) return 'ok';
  if (server.status === 'failed' && promised.mayFail && mayLive) return 'failed';
  if (server.status === 'suspended' && mayLive && wasSuspendedLast(book, server.id)) return 'ok';
  return mayLive && server.status === 'running' && hasMachine(dump, made, server) ? 'ok' : 'lost';
}

function wasSuspendedLast(book: Facts['book'], serverId: string): boolean {
  const asked = book.filter((attempt) => attempt.serverId === serverId && attempt.outcome !== 'refused');
  return asked.findLast(({ kind }) => kind === 'suspend' || kind === 'resume')?.kind === 'suspend';
}

/** Whether the server's current machine exists at the cloud. */
function hasMachine(dump: Facts['dump'], made: readonly SimulatedMachine[], server: Server): boolean {
  const current = dump.machines.find(({ id }) => id === server.machineId);
  return made.some(({ id, removedAt }) => id === current?.providerId && removedAt === null);
}

/** Machines with the service's names that are not the current machine of a server. */
export function orphansOf(dump: Facts['dump'], machines: readonly SimulatedMachine[]): SimulatedMachine[] {
  const current = new Set(
    dump.machines
      .filter(({ id }) => dump.servers.some(({ machineId }) => machineId === id))
      .map(({ providerId }) => providerId),
  );
  return machines.filter(({ id, label }) => label.startsWith('gf-') && !current.has(id));
}
