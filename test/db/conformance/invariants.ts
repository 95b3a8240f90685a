import { turnOf } from '#db/events.ts';
import { jobTraits } from '#db/job-traits.ts';
import { isOpen, losesMachines } from '#db/model.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import type { Dump } from './fixture.ts';

/** Returns one sentence for each invariant that does not hold. All must hold after every transaction. */
export function broken(dump: Dump): string[] {
  const lines = Map.groupBy(dump.jobs, ({ line }) => line);
  return [
    ...[...lines].flatMap(([line, jobs]) => brokenLine(line, jobs)),
    ...dump.servers.flatMap((server) => {
      const machines = dump.machines.filter(({ serverId }) => serverId === server.id);
      return [
        ...brokenServer(server, lines.get(server.id) ?? []),
        ...brokenDebts(server),
        ...brokenMachines(server, machines),
        ...brokenDestroy(server, machines, dump.jobs),
      ];
    }),
    ...dump.jobs.flatMap((job) => brokenJob(job, dump)),
  ];
}

function brokenLine(line: string, jobs: readonly Job[]): string[] {
  const open = jobs.filter(({ state }) => isOpen(state)).sort((a, b) => a.position - b.position);
  const released = open.filter(({ state }) => state === 'released');
  return when([
    [released.length > 1, `Line ${line} has ${released.length} released jobs.`],
    [open.length > 0 && open[0]?.state !== 'released', `Line ${line} has open jobs without a released head.`],
    [new Set(jobs.map(({ position }) => position)).size < jobs.length, `Line ${line} has a position twice.`],
  ]);
}

/** A server's status follows from the kind of its head. Without a head it is running, failed or destroyed. */
function brokenServer(server: Server, jobs: readonly Job[]): string[] {
  const head = jobs.find(({ state }) => state === 'released');
  if (head && head.kind !== 'retire') {
    return when([
      [
        server.status !== jobTraits[head.kind].statusWhenReleased,
        `${server.id} is ${server.status} during its ${head.kind}.`,
      ],
    ]);
  }
  const resting = ['running', 'suspended', 'failed', 'destroyed'];
  const last = jobs.toSorted((a, b) => a.position - b.position).findLast(({ state }) => state !== 'cancelled');
  const isParkedRemoval =
    last?.state === 'failed' && losesMachines(server.status) && jobTraits[last.kind].statusWhenFailed === server.status;
  return when([
    [!resting.includes(server.status) && !isParkedRemoval, `${server.id} is ${server.status} without a job.`],
  ]);
}

/** Only a suspended server has a reason; a server that runs, or that nobody pays for, is not owed. */
function brokenDebts({ id, status, owedSince, heldReason }: Server): string[] {
  const owed = { installing: true, failed: true, resuming: true, running: false, suspending: false, destroying: false };
  const expected = Object.entries(owed).find(([one]) => one === status)?.[1];
  return when([
    [expected !== undefined && expected !== (owedSince !== null), `${id} is ${status} and owed since ${owedSince}.`],
    [status === 'suspended' && heldReason === null, `${id} is suspended without a reason.`],
    [status === 'running' && heldReason !== null, `${id} is running and held: ${heldReason}.`],
  ]);
}

function brokenMachines(server: Server, machines: readonly Machine[]): string[] {
  const current = machines.filter(({ state }) => state === 'current');
  const kept = machines.filter(({ state }) => state === 'planned' || state === 'current');
  const generations = machines.map(({ generation }) => generation);
  const serves = ['running', 'rebuilding'].includes(server.status);
  return when([
    [current.length > 1, `${server.id} has ${current.length} current machines.`],
    [serves && current.length === 0, `${server.id} is ${server.status} without a machine.`],
    [server.status === 'suspended' && kept.length > 0, `${server.id} is suspended and has ${kept.length} machines.`],
    [(current[0]?.id ?? null) !== server.machineId, `${server.id} points at ${server.machineId}, not at its machine.`],
    [Math.max(...generations) !== server.generation, `${server.id} has generation ${server.generation}.`],
    [new Set(generations).size < generations.length, `${server.id} has a generation twice.`],
  ]);
}

function brokenDestroy(server: Server, machines: readonly Machine[], jobs: readonly Job[]): string[] {
  if (server.status !== 'destroyed') return [];
  const open = jobs.filter(({ serverId, state }) => serverId === server.id && isOpen(state));
  return when([
    [open.length > 0, `${server.id} is destroyed and has open jobs.`],
    [machines.some(({ state }) => state !== 'gone'), `${server.id} is destroyed and has a machine.`],
  ]);
}

/** I3: the row of a machine exists before the machine may be ordered. */
function brokenJob(job: Job, dump: Dump): string[] {
  const makes = jobTraits[job.kind].makesMachine;
  const machine = dump.machines.find(({ id }) => id === job.machineId);
  const events = dump.events.filter(({ jobId }) => jobId === job.id);
  const ends = events.filter(({ type }) => ['succeeded', 'failed', 'cancelled'].includes(turnOf(type) ?? ''));
  return when([
    [makes && job.state === 'released' && machine?.state !== 'planned', `${job.id} runs without a planned machine.`],
    [makes && job.state === 'waiting' && job.machineId !== null, `${job.id} waits and has a machine.`],
    [isOpen(job.state) === (job.finishedAt !== null), `${job.id} is ${job.state}, finished at ${job.finishedAt}.`],
    [ends.length !== (isOpen(job.state) ? 0 : 1), `The events have ${ends.length} ends of ${job.id}.`],
  ]);
}

function when(claims: readonly (readonly [boolean, string])[]): string[] {
  return claims.filter(([holds]) => holds).map(([, sentence]) => sentence);
}
