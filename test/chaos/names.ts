import { jobTraits } from '#db/job-traits.ts';
import type { Facts } from './facts.ts';
import type { RecordChange, SimulatedMachine, SimulatedRecord } from './simulated-cloud.ts';

/** When a name may have no address. */
export interface Absences {
  /** By the server's id, in ms of the epoch. */
  readonly destroyRequestedAt: ReadonlyMap<string | null, number>;
  readonly jobs: Facts['dump']['jobs'];
}

/**
 * A sentence for each time that a name pointed at no running machine. A name is judged from its first record until the
 * request to destroy its server. It may be emptied while a suspension runs. Only IPv4 is checked.
 */
export function dangling(
  changes: readonly RecordChange[],
  machines: readonly SimulatedMachine[],
  { destroyRequestedAt, jobs }: Absences,
): string[] {
  const byName = Map.groupBy(
    changes.filter(({ type }) => type === 'A'),
    ({ name }) => name,
  );
  return [...byName].flatMap(([name, ofName]) => {
    const serverId = name.split('.')[0] ?? '';
    const own = machines.filter(({ label }) => label.startsWith(`gf-${serverId}-`));
    const suspensions = jobs.filter((job) => job.serverId === serverId && isSuspension(job));
    return spansOf(ofName, destroyRequestedAt.get(serverId))
      .filter(({ from, addresses }) => addresses.length > 0 || !suspensions.some((job) => wasRunning(job, from)))
      .flatMap((span) => problemsIn(name, span, own));
  });
}

type Job = Absences['jobs'][number];

function isSuspension({ kind }: Job): boolean {
  return jobTraits[kind].statusWhenSucceeded === 'suspended';
}

/** The largest difference of a process from the database's clock after a slow read (queues/clock/clock.ts). */
const clockErrorMs = 500;

function wasRunning({ releasedAt, finishedAt }: Job, at: number): boolean {
  const [from, until] = [releasedAt?.getTime() ?? Infinity, finishedAt?.getTime() ?? Infinity];
  return from - clockErrorMs <= at && at <= until + clockErrorMs;
}

/** The time between two changes of a name, and the addresses that it had. */
interface Span {
  readonly from: number;
  readonly until: number;
  readonly addresses: readonly string[];
}

function spansOf(changes: readonly RecordChange[], end = Number.POSITIVE_INFINITY): Span[] {
  const addresses = new Set<string>();
  return changes
    .filter(({ at }) => at < end)
    .map(({ at, before, after }, index, judged) => {
      if (before !== null) addresses.delete(before);
      if (after !== null) addresses.add(after);
      return { from: at, until: judged[index + 1]?.at ?? end, addresses: [...addresses] };
    });
}

function problemsIn(name: string, { from, until, addresses }: Span, machines: readonly SimulatedMachine[]): string[] {
  if (addresses.length === 0) return [`${name} pointed nowhere for ${until - from} ms.`];
  return addresses
    .filter((address) => !machines.some((machine) => machine.ipv4 === address && isUpAll(machine, from, until)))
    .map((address) => `${name} pointed at ${address} while its machine did not run.`);
}

function isUpAll({ readyAt, removedAt }: SimulatedMachine, from: number, until: number): boolean {
  const upAt = readyAt === null ? Number.POSITIVE_INFINITY : Date.parse(readyAt);
  return upAt <= from && (removedAt === null || Date.parse(removedAt) >= until);
}

/**
 * I2: a sentence for each missing, doubled or superfluous record. A server's name must have exactly its machine's
 * addresses.
 */
export function wrongNames({ servers, machines }: Facts['dump'], records: readonly SimulatedRecord[]): string[] {
  const expected = servers.flatMap(({ hostname, machineId }) => {
    const machine = machines.find(({ id }) => id === machineId);
    return [machine?.ipv4, machine?.ipv6].filter(Boolean).map((address) => `${hostname} at ${address}`);
  });
  const found = records.filter(({ type }) => type !== 'TXT').map(({ name, content }) => `${name} at ${content}`);
  return [
    ...expected.filter((record) => !found.includes(record)).map((record) => `There is no record of ${record}.`),
    ...found
      .filter((record, at) => found.indexOf(record) !== at)
      .map((record) => `There are two records of ${record}.`),
    ...found.filter((record) => !expected.includes(record)).map((record) => `There is a record of ${record}.`),
  ];
}
