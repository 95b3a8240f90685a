import type { SilentJob } from '#db/reads/ordering.ts';
import type { Store } from '#db/store.ts';
import type { SilentMachine } from '#db/tables.ts';
import { lastMachines, machinesPerJob, silentUntilStopped } from '#queues/limits.ts';
import { OrderingStopped } from '#queues/ports/job-errors.ts';
import type { RefusedOperation } from './refused-operations.ts';

/**
 * Stops orders where new machines never answer, so that no purchase orders without end. The database has the count, so
 * it survives restarts and a lost Redis. Jobs that have a machine, or remove one, continue.
 */
export interface OrderBrake {
  /** Throws OrderingStopped while too many machines of the job, or of the provider, never answered. */
  assertAllowed(jobId: string): void;
  /** The job's machine never answered. `runOnce` records it: a job has no transaction but its settle. */
  silent(jobId: string, machineId: string): void;
  /** Records the silent machines of this process, and reads those of all. */
  runOnce(): Promise<void>;
  refusals(): readonly RefusedOperation[];
  /** Always: a brake that stops orders holds its alerts. */
  isOver(): boolean;
}

export interface OrderBrakeDeps {
  readonly store: Pick<Store, 'recordSilent' | 'readSilence'>;
  /** The configured name. */
  readonly provider: string;
  readonly now: () => Date;
}

const keptMs = 90 * 24 * 60 * 60_000;

export function createOrderBrake({ store, provider, now }: OrderBrakeDeps): OrderBrake {
  const unrecorded = new Set<SilentMachine>();
  let share = 0;
  let jobs: ReadonlyMap<string, SilentJob> = new Map();
  const countOf = (jobId: string) =>
    (jobs.get(jobId)?.count ?? 0) + [...unrecorded].filter((machine) => machine.jobId === jobId).length;
  const fullJobs = () => [...jobs.values()].filter(({ count }) => count >= machinesPerJob);
  return {
    assertAllowed: (jobId) => {
      if (countOf(jobId) >= machinesPerJob) throw stopped(`${machinesPerJob} machines of this job never answered.`);
      if (share >= silentUntilStopped) throw stopped(describeShare(share));
    },
    silent: (jobId, providerId) => void unrecorded.add({ provider, providerId, jobId, silentAt: now() }),
    runOnce: async () => {
      const machines = [...unrecorded];
      if (machines.length > 0) await store.recordSilent(machines, new Date(now().getTime() - keptMs));
      const silence = await store.readSilence(provider, lastMachines);
      // In one turn, so that no machine is missing from the count in between.
      for (const machine of machines) unrecorded.delete(machine);
      share = silence.share;
      jobs = new Map(silence.jobs.map((job) => [job.jobId, job]));
    },
    refusals: () => [...(share >= silentUntilStopped ? [ofProvider(provider, share)] : []), ...fullJobs().map(ofJob)],
    isOver: () => true,
  };
}

function stopped(why: string): OrderingStopped {
  return new OrderingStopped(`No machine is ordered until an operator resumes orders: ${why}`);
}

function describeShare(share: number): string {
  return `${share} of the last ${lastMachines} new machines never answered.`;
}

const remedy = 'Find out why, as docs/runbook.md describes, then POST /v1/ordering/resume.';

function ofProvider(provider: string, share: number): RefusedOperation {
  const message = `makes machines that do not answer: ${describeShare(share)} Purchases wait, and no machine is ordered. ${remedy}`;
  return { subject: provider, message, lasting: true };
}

function ofJob({ jobId, serverId }: SilentJob): RefusedOperation {
  const message = `made ${machinesPerJob} machines for job ${jobId} of server ${serverId}, and none answered. The job waits, and no machine is ordered for it. ${remedy}`;
  return { subject: jobId, message, lasting: true, detail: { jobId, serverId } };
}
