import type { Facts } from './facts.ts';
import type { CloudCall } from './simulated-cloud.ts';

/** A call without an answer ends at the service's deadline. */
const deadlineMs = 15_000;

/**
 * I4: a sentence for each pair of orders or removals for one server that overlapped. A removal by a retire job has its
 * own line, so it may only not overlap with calls about the same machine.
 */
export function overlaps({ jobs, machines }: Facts['dump'], calls: readonly CloudCall[]): string[] {
  const retires = jobs.filter(({ kind }) => kind === 'retire');
  const retired = new Set(retires.map(({ machineId }) => machines.find(({ id }) => id === machineId)?.name));
  const isRetire = ({ operation, label }: CloudCall) => operation === 'delete' && retired.has(label ?? '');
  const isOfOneLine = (one: CloudCall, other: CloudCall) =>
    one.label === other.label || !(isRetire(one) || isRetire(other));
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
