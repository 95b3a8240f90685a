import { jobTraits } from '#db/job-traits.ts';
import type { Facts } from './facts.ts';
import type { CloudCall } from './simulated-cloud.ts';

/** A call without an answer ends at the service's deadline. */
const deadlineMs = 15_000;

/**
 * I4: a sentence for each pair of orders or removals in one line that overlapped. A retire job has a line of its own:
 * its removal may overlap with calls about other machines of the server. A suspension or a destroy of the server removes
 * the retired machine as well, so two removals of that machine may overlap.
 */
export function overlaps({ jobs, machines }: Facts['dump'], calls: readonly CloudCall[]): string[] {
  const retires = jobs.filter(({ kind }) => kind === 'retire');
  const retired = new Set(retires.map(({ machineId }) => machines.find(({ id }) => id === machineId)?.name));
  const isRetire = ({ operation, label }: CloudCall) => operation === 'delete' && retired.has(label ?? '');
  const emptied = new Set(jobs.filter(({ kind }) => jobTraits[kind].about === 'server').map((job) => job.serverId));
  const ofEmptied = new Set(machines.filter(({ serverId }) => emptied.has(serverId)).map(({ name }) => name));
  const isOfOneLine = (one: CloudCall, other: CloudCall) => {
    if (one.label !== other.label) return !(isRetire(one) || isRetire(other));
    return !(isRetire(one) && isRetire(other) && ofEmptied.has(one.label ?? ''));
  };
  const changes = calls.filter(({ operation, label }) => ['create', 'delete'].includes(operation) && label);
  return [...Map.groupBy(changes, serverOf).values()].flatMap((ofServer) =>
    pairsAtOnce(ofServer)
      .filter(([one, other]) => isOfOneLine(one, other))
      .map(([one, other]) => `${one.operation} of ${one.label} and ${other.operation} of ${other.label} overlapped.`),
  );
}

function pairsAtOnce(calls: readonly CloudCall[]): [CloudCall, CloudCall][] {
  const sorted = calls.toSorted((a, b) => a.startedAt - b.startedAt);
  return sorted.flatMap((one, at) =>
    sorted
      .slice(at + 1)
      .filter((other) => other.startedAt < endOf(one))
      .map((other): [CloudCall, CloudCall] => [one, other]),
  );
}

function endOf({ finishedAt, startedAt }: CloudCall): number {
  return finishedAt ?? startedAt + deadlineMs;
}

/** The machine's name without its generation. */
function serverOf({ label }: CloudCall): string {
  return label?.replace(/-\d+$/, '') ?? '';
}
