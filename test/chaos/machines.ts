import type { Facts } from './facts.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';

/** A sentence for each name with more than one machine. `mayDoubleForSeconds` allows them to coexist that long. */
export function doubles({ made, promised: { mayDoubleForSeconds } }: Pick<Facts, 'made' | 'promised'>): string[] {
  const ours = made.filter(({ label }) => label.startsWith('gf-'));
  return [...Map.groupBy(ours, ({ label }) => label)].flatMap(([label, machines]) => {
    if (machines.length === 1) return [];
    if (mayDoubleForSeconds === undefined) return [`${machines.length} machines were made as ${label}.`];
    const seconds = secondsSideBySide(machines);
    return seconds <= mayDoubleForSeconds ? [] : [`Two machines were ${label} for ${seconds} s.`];
  });
}

/** The longest time that two of the machines coexisted. Infinite if two are left. */
function secondsSideBySide(machines: readonly SimulatedMachine[]): number {
  let [longest, latestEnd] = [0, 0];
  for (const { from, until } of machines.map(lifeOf).toSorted((a, b) => a.from - b.from)) {
    longest = Math.max(longest, Math.min(until, latestEnd) - from);
    latestEnd = Math.max(latestEnd, until);
  }
  return longest / 1000;
}

function lifeOf({ createdAt, removedAt }: SimulatedMachine): { readonly from: number; readonly until: number } {
  return { from: Date.parse(createdAt), until: removedAt === null ? Number.POSITIVE_INFINITY : Date.parse(removedAt) };
}

/**
 * A sentence for each machine outside the location of the server's last successful purchase or rebuild. Ignores
 * commands that are not in the book.
 */
export function misplaced({ dump, made, book }: Facts): string[] {
  return dump.servers.flatMap(({ id, machineId }) => {
    const last = dump.jobs
      .filter((job) => job.serverId === id && job.state === 'succeeded' && ['create', 'rebuild'].includes(job.kind))
      .toSorted((a, b) => a.position - b.position)
      .at(-1);
    const attempt = book.find(({ jobId }) => jobId === last?.id);
    const row = dump.machines.find((machine) => machine.id === machineId);
    const machine = made.find((one) => one.id === row?.providerId);
    if (!attempt || !machine || machine.region === attempt.location) return [];
    return [`${machine.label} is in ${machine.region}, but ${attempt.location} was requested.`];
  });
}

const orphanSeconds = 120;

/** A sentence for each machine that existed too long after the last job of its failed, suspended or destroyed server. */
export function longOrphaned({ dump, made, promised }: Pick<Facts, 'dump' | 'made' | 'promised'>): string[] {
  const ended = dump.servers.filter(({ status }) => ['failed', 'suspended', 'destroyed'].includes(status));
  return ended.flatMap(({ id, status }) => {
    const jobs = dump.jobs.filter(({ serverId, kind }) => serverId === id && kind !== 'retire');
    const endedAt = Math.max(...jobs.map(({ finishedAt }) => finishedAt?.getTime() ?? 0));
    return made.flatMap((machine) => {
      const { from, until } = lifeOf(machine);
      const seconds = (until - Math.max(from, endedAt)) / 1000;
      const isLong = machine.label.startsWith(`gf-${id}-`) && seconds > (promised.orphanSeconds ?? orphanSeconds);
      return isLong ? [`${machine.label} was left for ${seconds} s after its server was ${status}.`] : [];
    });
  });
}

/** The largest difference of a process from the database's clock after a slow read (queues/clock/clock.ts). */
const clockErrorMs = 500;

/** I3: a sentence for each machine that was ordered without a row, or before its row was written. */
export function orderedWithoutRow({ dump, made }: Pick<Facts, 'dump' | 'made'>): string[] {
  return made
    .filter(({ label, client }) => label.startsWith('gf-') && client !== 'control')
    .filter((machine) => {
      const row = dump.machines.find(({ name }) => name === machine.label);
      return !row || row.createdAt.getTime() - clockErrorMs > lifeOf(machine).from;
    })
    .map(({ label }) => `Machine ${label} was ordered before its row was written.`);
}
