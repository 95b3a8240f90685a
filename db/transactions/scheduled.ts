import { unindexed } from '#db/literal.ts';
import type { ServerStatus } from '#db/model.ts';
import { and, eq, inArray } from '#db/orm.ts';
import { countScheduledFailures, readSchedule } from '#db/reads/schedules.ts';
import { readSetting } from '#db/reads/settings.ts';
import { schedulesSetting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Schedule, Server } from '#db/tables.ts';
import { recordEvent } from './events.ts';
import { lockServer } from './line.ts';
import { type Actor, causedBy, request } from './request.ts';
import { putSetting } from './settings.ts';

/** A look at a schedule that is due. */
export interface DueSchedule {
  readonly serverId: string;
  readonly now: Date;
  /** The schedule's next time after `now`. */
  readonly nextAt: (schedule: Schedule) => Date;
}

export type Fired =
  /** Another process was faster, or somebody has changed or deleted the schedule. */
  | { readonly end: 'not-due' }
  | { readonly end: 'rebuild'; readonly job: Job }
  | { readonly end: 'skipped'; readonly reason: SkipReason }
  /** All schedules are paused. */
  | { readonly end: 'paused' };

/** The status of a server that cannot be rebuilt now, or `open-job`. */
export type SkipReason = ServerStatus | 'open-job';

/** Of so many scheduled rebuilds more than 20 % may not fail. */
const lastRebuilds = 20;
const mostFailures = 4;

/**
 * The one transaction of a schedule that is due: it asks for a rebuild, or records why there is none. However many times
 * have passed, it happens once, and the next time lies ahead. If too many of the last scheduled rebuilds failed, it
 * pauses all schedules.
 */
export function* fireSchedule(context: Context, { serverId, now, nextAt }: DueSchedule): Steps<Fired> {
  const server = yield* lockServer(context, serverId);
  const schedule = yield* readSchedule(context, serverId);
  if (!schedule || schedule.paused || schedule.nextAt > now) return { end: 'not-due' };
  if (server.status === 'destroying' || server.status === 'destroyed') {
    yield* ask(context.db.delete(context.t.schedules).where(eq(context.t.schedules.serverId, serverId)));
    return { end: 'not-due' };
  }
  if (yield* areAllPaused(context, now)) return { end: 'paused' };
  const next = nextAt(schedule);
  const reason = yield* whySkipped(context, server);
  if (reason !== null) return yield* skip(context, schedule, { reason, now, next });
  const { turn, locations, cause } = schedule;
  const actor: Actor = { requestedBy: 'schedule', requestId: null, now, cause };
  const location = locations[turn % Math.max(1, locations.length)] ?? null;
  const { job } = yield* request(context, server, { kind: 'rebuild', location, plan: null, actor });
  yield* update(context, serverId, { nextAt: next, firedAt: now, firedJob: job.id, skipped: null, turn: turn + 1 });
  return { end: 'rebuild', job };
}

function* whySkipped({ db, t: { jobs } }: Context, server: Server): Steps<SkipReason | null> {
  if (server.status !== 'running') return server.status;
  const isOpen = and(eq(jobs.line, server.id), inArray(unindexed(jobs.state), ['waiting', 'released']));
  const open = yield* ask(db.select({ id: jobs.id }).from(jobs).where(isOpen).limit(1));
  return open.length > 0 ? 'open-job' : null;
}

interface Skip {
  readonly reason: SkipReason;
  readonly now: Date;
  readonly next: Date;
}

function* skip(context: Context, { serverId, cause }: Schedule, { reason, now: at, next }: Skip): Steps<Fired> {
  yield* update(context, serverId, { nextAt: next, skipped: reason });
  const about = { serverId, cause, detail: { reason } };
  yield* recordEvent(context, { type: 'schedule.skipped', actor: 'schedule', at, ...about });
  return { end: 'skipped', reason };
}

function* update({ db, t }: Context, serverId: string, changes: Partial<Schedule>): Steps<void> {
  yield* ask(db.update(t.schedules).set(changes).where(eq(t.schedules.serverId, serverId)));
}

/** Whether all schedules are paused. Pauses them if too many rebuilds have failed since they were resumed. */
function* areAllPaused(context: Context, now: Date): Steps<boolean> {
  const last = yield* readSetting(context, schedulesSetting);
  if (last?.value.paused) return true;
  const since = last?.updatedAt ?? new Date(0);
  const failures = yield* countScheduledFailures(context, { since, last: lastRebuilds });
  if (failures <= mostFailures) return false;
  yield* putSetting(context, schedulesSetting, { value: { paused: true }, now });
  const detail = { failures, of: lastRebuilds };
  yield* recordEvent(context, { type: 'schedules.paused', actor: 'policy', at: now, detail });
  return true;
}

/** Lets schedules that were paused together go on. Rebuilds that failed before do not count any more. */
export function* resumeSchedules(context: Context, actor: Actor): Steps<void> {
  yield* putSetting(context, schedulesSetting, { value: { paused: false }, now: actor.now });
  yield* recordEvent(context, { ...causedBy(actor), type: 'schedules.resumed', detail: {} });
}
