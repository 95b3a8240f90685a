import { turnOf } from '#db/events.ts';
import { jobTraits } from '#db/job-traits.ts';
import {
  type JobKind,
  jobStates,
  jobTransitions,
  machineStates,
  machineTransitions,
  serverStatuses,
  serverTransitions,
} from '#db/model.ts';
import type { Dump } from './fixture.ts';

type EventRow = Dump['events'][number];

/** One step of one row; `from` is null if the row is new. */
export interface Change {
  readonly of: 'job' | 'server' | 'machine';
  readonly id: string;
  readonly from: string | null;
  readonly to: string;
}

interface Row {
  readonly id: string;
  readonly state: string;
}

const lists: Record<Change['of'], { first: string; transitions: Record<string, readonly string[]> }> = {
  job: { first: jobStates[0], transitions: jobTransitions },
  server: { first: serverStatuses[0], transitions: serverTransitions },
  machine: { first: machineStates[0], transitions: machineTransitions },
};

export function isListed({ of, from, to }: Change): boolean {
  const { first, transitions } = lists[of];
  return from === null ? to === first : (transitions[from] ?? []).includes(to);
}

/** The listed transitions that are missing from the changes. */
export function unseen(changes: readonly Change[]): string[] {
  const seen = new Set(changes.map(({ of, from, to }) => `${of}: ${from} → ${to}`));
  const listed = Object.entries(lists).flatMap(([of, { transitions }]) =>
    Object.entries(transitions).flatMap(([from, to]) => to.map((next) => `${of}: ${from} → ${next}`)),
  );
  return listed.filter((transition) => !seen.has(transition));
}

/**
 * How the rows changed between two dumps. A settle can take a server or a job through two states in one transaction;
 * the events that it writes name the state in between.
 */
export function changesBetween(before: Dump, after: Dump): Change[] {
  const known = new Set(before.events.map(({ id }) => id));
  const events = after.events.filter(({ id }) => !known.has(id)).sort((a, b) => a.id - b.id);
  const statuses = ({ id, status }: Dump['servers'][number]) => ({ id, state: status });
  return [
    ...changesOf('job', { before: before.jobs, after: after.jobs }, ({ id }) =>
      events.filter(({ jobId }) => jobId === id).flatMap(({ type }) => jobStateAfter(turnOf(type) ?? '')),
    ),
    ...changesOf('server', { before: before.servers.map(statuses), after: after.servers.map(statuses) }, ({ id }) =>
      events.filter(({ serverId }) => serverId === id).flatMap(statusAfter),
    ),
    ...changesOf('machine', { before: before.machines, after: after.machines }, () => []),
  ];
}

/** The single steps of each row: through the states that its events name, to its present state. */
function changesOf(
  of: Change['of'],
  { before, after }: { before: readonly Row[]; after: readonly Row[] },
  statesOf: (row: Row) => readonly string[],
): Change[] {
  return after.flatMap((row) => {
    const from = before.find(({ id }) => id === row.id)?.state ?? null;
    const states = [from ?? lists[of].first, ...statesOf(row), row.state];
    const steps = states.slice(1).map((to, at) => ({ of, id: row.id, from: states[at] ?? null, to }));
    const born = from === null ? [{ of, id: row.id, from, to: lists[of].first }] : [];
    return [...born, ...steps.filter((step) => step.from !== step.to)];
  });
}

function jobStateAfter(turn: string): string[] {
  if (turn === 'started') return ['released'];
  return ['succeeded', 'failed', 'cancelled'].includes(turn) ? [turn] : [];
}

function statusAfter({ type, detail }: EventRow): string[] {
  const { statusWhenReleased, statusWhenSucceeded, statusWhenFailed } = jobTraits[kindIn(detail)];
  const statuses: Record<string, string | null> = {
    started: statusWhenReleased,
    failed: statusWhenFailed,
    succeeded: statusWhenSucceeded,
  };
  return [statuses[turnOf(type) ?? ''] ?? []].flat();
}

/** A purchase has no kind in its detail: it is a create. */
function kindIn(detail: unknown): JobKind {
  const kind = (detail as { kind?: JobKind }).kind;
  return kind ?? 'create';
}
