import { devicesPerServer } from '#db/devices.ts';
import { NotFoundError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { jobTraits } from '#db/job-traits.ts';
import { isOneOf, unindexed } from '#db/literal.ts';
import { machineName, openJobStates } from '#db/model.ts';
import { and, asc, eq, type SQLWrapper, sql } from '#db/orm.ts';
import { askAhead, askHot, type Context, firstOf, given, hot, hotInsert, hotWrite, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { recordTurn } from './events.ts';
import { rankIn, rankValues } from './rank.ts';

export const insertMachine = hotInsert('insert_machine', (t) => t.machines);

const headOf = ({ db, t: { jobs } }: Context, line: SQLWrapper) =>
  db
    .select()
    .from(jobs)
    .where(and(eq(jobs.line, line), isOneOf(unindexed(jobs.state), openJobStates)))
    .orderBy(asc(jobs.position))
    .limit(1);

const headOfLine = hot('line_head', (context) => headOf(context, sql.placeholder('line')));

const headBehind = hot('head_behind', (context) => {
  const { jobs } = context.t;
  return headOf(context, sql`(select ${jobs.line} from ${jobs} where ${jobs.id} = ${sql.placeholder('jobId')})`);
});

/** The oldest open job of a line, which may be released. */
export function* lineHead(line: string): Steps<Job | undefined> {
  const [head] = yield* askHot(headOfLine, { line });
  return head;
}

/** The same for the line of a job, asked together with the next query. Returns how to read it. */
export function askHeadBehind(jobId: string): Steps<() => Steps<Job | undefined>> {
  return askAhead(headBehind, { jobId }, firstOf);
}

const releaseJob = hot('release_job', ({ db, t }) =>
  db
    .update(t.jobs)
    .set({
      state: 'released',
      releasedAt: given('releasedAt', t.jobs.releasedAt),
      machineId: given('machineId', t.jobs.machineId),
      rank: rankIn(t),
    })
    .where(eq(t.jobs.id, sql.placeholder('id')))
    .returning({ rank: t.jobs.rank }),
);

const releaseInOwnLine = hotWrite('release_own', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set({ state: 'released', releasedAt: given('releasedAt', jobs.releasedAt) })
    .where(eq(jobs.id, sql.placeholder('id'))),
);

/**
 * Releases the head of a line, unless it is already released. A release also sets the server's status.
 * For a create or rebuild it plans the machine: a new generation and the machine's row.
 * Returns the job that it released; null: none.
 */
export function* releaseHead(context: Context, head: Job | undefined, now: Date): Steps<Job | null> {
  if (!head || head.state === 'released') return null;
  const changes = yield* start(context, { head, now });
  yield* recordStart(context, head, now);
  return { ...head, state: 'released', releasedAt: now, ...changes };
}

export function recordStart(context: Context, job: Job, at: Date): Steps<string> {
  return recordTurn(context, { turn: 'started', job, actor: 'policy', at, cause: job.cause });
}

interface Release {
  readonly head: Job;
  readonly now: Date;
}

/** Releases the head. Its machine is the one that it will make or retire; null: it is about the whole server. */
function* start(context: Context, release: Release): Steps<Pick<Job, 'machineId' | 'rank'>> {
  const { head, now: releasedAt } = release;
  const { id, serverId, machineId, rank } = head;
  if (jobTraits[head.kind].line === 'machine') {
    yield* askHot(releaseInOwnLine, { id, releasedAt });
    return { machineId, rank };
  }
  const [server] = yield* askHot(serverById, { id: serverId });
  if (!server) throw new NotFoundError('server', serverId);
  const made = yield* prepareServer(context, server, release);
  const [released] = yield* askHot(releaseJob, { id, releasedAt, machineId: made, ...rankValues(server) });
  return { machineId: made, rank: released?.rank ?? rank };
}

/** Changes the server as the release requires. Returns the id of the machine that the head will make; null: none. */
function* prepareServer(_: Context, server: Server, { head, now }: Release): Steps<string | null> {
  const { makesMachine, statusWhenReleased, isServerOwed } = jobTraits[head.kind];
  const status = statusWhenReleased ?? server.status;
  const generation = makesMachine ? server.generation + 1 : server.generation;
  const owedSince = owedSinceRelease(server, { isServerOwed, now });
  const heldReason = head.reason ?? server.heldReason;
  const changes = { status, generation, owedSince, heldReason, updatedAt: now };
  yield* askHot(prepareServerRow, { id: server.id, ...changes });
  if (!makesMachine) return null;
  const machine = newMachineRow({ ...server, generation }, { head, now });
  yield* askHot(insertMachine, { ...machine });
  return machine.id;
}

/** A server that was owed before is owed since then. */
function owedSinceRelease(
  { owedSince }: Server,
  { isServerOwed, now }: { isServerOwed: boolean | null; now: Date },
): Date | null {
  if (isServerOwed === null) return owedSince;
  return isServerOwed ? (owedSince ?? now) : null;
}

export const serverById = hot('server_of_head', ({ db, t }) =>
  db
    .select()
    .from(t.servers)
    .where(eq(t.servers.id, sql.placeholder('id'))),
);

const prepareServerRow = hotWrite('prepare_server', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({
      status: given('status', servers.status),
      generation: given('generation', servers.generation),
      owedSince: given('owedSince', servers.owedSince),
      heldReason: given('heldReason', servers.heldReason),
      updatedAt: given('updatedAt', servers.updatedAt),
    })
    .where(eq(servers.id, sql.placeholder('id'))),
);

export function newMachineRow({ id, generation, provider, location, plan }: Server, { head, now }: Release): Machine {
  return {
    id: newId('mac', now),
    serverId: id,
    generation,
    name: machineName(id, generation),
    provider,
    account: null,
    location: head.location ?? location,
    plan: head.plan ?? plan,
    state: 'planned',
    providerId: null,
    ipv4: null,
    ipv6: null,
    devices: devicesPerServer,
    createdAt: now,
    removableAt: null,
    goneAt: null,
  };
}
