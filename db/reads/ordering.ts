import { jobTraits } from '#db/job-traits.ts';
import { jobKinds } from '#db/model.ts';
import { and, count, desc, eq, gt } from '#db/orm.ts';
import { orderingSetting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { readSetting } from './settings.ts';

/** The machines that never answered, since an operator last resumed orders. */
export interface Silence {
  /** How many of the provider's newest machines never answered. */
  readonly share: number;
  /** The released jobs with such machines, and how many each has. */
  readonly jobs: readonly SilentJob[];
}

export interface SilentJob {
  readonly jobId: string;
  readonly serverId: string;
  readonly count: number;
}

interface Newest {
  readonly provider: string;
  readonly since: Date;
  /** How many of the newest to read. */
  readonly last: number;
}

/** `last`: the share is of so many machines. A machine that answered counts from the success of its job on. */
export function* readSilence(context: Context, provider: string, last: number): Steps<Silence> {
  const resumed = yield* readSetting(context, orderingSetting);
  const newest = { provider, since: resumed?.updatedAt ?? new Date(0), last };
  const silent = yield* readSilentTimes(context, newest);
  if (silent.length === 0) return { share: 0, jobs: [] };
  const answered = yield* readAnsweredTimes(context, newest);
  const machines = [
    ...silent.map((at) => ({ at, isSilent: true })),
    ...answered.map((at) => ({ at, isSilent: false })),
  ];
  const latest = machines.sort((one, other) => other.at.getTime() - one.at.getTime()).slice(0, last);
  return { share: latest.filter(({ isSilent }) => isSilent).length, jobs: yield* readSilentJobs(context, newest) };
}

function* readSilentTimes({ db, t }: Context, { provider, since, last }: Newest): Steps<Date[]> {
  const { provider: at, silentAt } = t.silentMachines;
  const rows = yield* ask(
    db
      .select({ silentAt })
      .from(t.silentMachines)
      .where(and(eq(at, provider), gt(silentAt, since)))
      .orderBy(desc(silentAt))
      .limit(last),
  );
  return rows.map((row) => row.silentAt);
}

/** The newest jobs of each kind by their ids, which are nearly in the order of their ends and have an index. */
function* readAnsweredTimes({ db, t }: Context, { provider, last }: Newest): Steps<Date[]> {
  const { kind, state, machineId, finishedAt, id } = t.jobs;
  const times: Date[] = [];
  for (const making of jobKinds.filter((one) => jobTraits[one].makesMachine)) {
    const rows = yield* ask(
      db
        .select({ finishedAt, provider: t.machines.provider })
        .from(t.jobs)
        .innerJoin(t.machines, eq(t.machines.id, machineId))
        .where(and(eq(kind, making), eq(state, 'succeeded')))
        .orderBy(desc(id))
        .limit(last),
    );
    for (const row of rows) if (row.provider === provider && row.finishedAt) times.push(row.finishedAt);
  }
  return times;
}

function* readSilentJobs({ db, t }: Context, { provider, since }: Newest): Steps<SilentJob[]> {
  const { provider: at, silentAt, jobId } = t.silentMachines;
  const { id, serverId, state } = t.jobs;
  const rows = yield* ask(
    db
      .select({ jobId, serverId, count: count() })
      .from(t.silentMachines)
      .innerJoin(t.jobs, eq(id, jobId))
      .where(and(eq(at, provider), gt(silentAt, since), eq(state, 'released')))
      .groupBy(jobId, serverId),
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
