import { NotAllowedError, NotFoundError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { eq } from '#db/orm.ts';
import { readSchedule } from '#db/reads/schedules.ts';
import type { ScheduleTimes } from '#db/schedules.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Schedule } from '#db/tables.ts';
import { recordEvent } from './events.ts';
import { lockServer } from './line.ts';
import { type Actor, causedBy, statusAhead } from './request.ts';

export interface WantedSchedule extends ScheduleTimes {
  readonly serverId: string;
  /** The places of the rebuilds, in turn; empty: where the server is. */
  readonly locations: readonly string[];
  readonly paused: boolean;
  /** The next time that follows from the others. */
  readonly nextAt: Date;
}

/**
 * Gives the server this schedule. One that is the same stays as it is; one with the same times keeps a rebuild that is
 * due. Throws NotFoundError, and NotAllowedError for a server that is or will be destroyed.
 */
export function* putSchedule(context: Context, wanted: WantedSchedule, actor: Actor): Steps<Schedule> {
  const server = yield* lockServer(context, wanted.serverId);
  const status = yield* statusAhead(context, server);
  if (status === 'destroying' || status === 'destroyed')
    throw new NotAllowedError({ id: server.id, status }, 'rebuild');
  const before = yield* readSchedule(context, server.id);
  if (before && isSame(before, wanted)) return before;
  const cause = newId('evt', actor.now);
  const { db, t } = context;
  const row = rowOf(wanted, before, cause);
  yield* ask(db.insert(t.schedules).values(row).onConflictDoUpdate({ target: t.schedules.serverId, set: row }));
  const { every, weekday, day, at, zone, locations, paused } = row;
  const times = { every, ...(weekday && { weekday }), ...(day !== null && { day }), at, zone };
  const about = { ...causedBy(actor), serverId: server.id, detail: { ...times, locations, paused } };
  yield* recordEvent(context, { uid: cause, type: 'schedule.changed', ...about });
  return row;
}

function rowOf(wanted: WantedSchedule, before: Schedule | null, cause: string): Schedule {
  const { serverId, every, weekday, day, at, zone, locations, paused, nextAt } = wanted;
  const keepsDue = before !== null && !before.paused && hasSameTimes(before, wanted);
  const keepsTurn = before !== null && hasSamePlaces(before, wanted);
  return {
    serverId,
    every,
    weekday,
    day,
    at,
    zone,
    locations: [...locations],
    paused,
    cause,
    turn: keepsTurn ? before.turn : 0,
    nextAt: keepsDue ? before.nextAt : nextAt,
    firedAt: before?.firedAt ?? null,
    firedJob: before?.firedJob ?? null,
    skipped: before?.skipped ?? null,
  };
}

function isSame(before: Schedule, wanted: WantedSchedule): boolean {
  return before.paused === wanted.paused && hasSameTimes(before, wanted) && hasSamePlaces(before, wanted);
}

function hasSameTimes(before: ScheduleTimes, wanted: ScheduleTimes): boolean {
  return (['every', 'weekday', 'day', 'at', 'zone'] as const).every((field) => before[field] === wanted[field]);
}

function hasSamePlaces(before: Schedule, { locations }: WantedSchedule): boolean {
  return before.locations.join() === locations.join();
}

/** Removes the schedule of a server. Throws NotFoundError. */
export function* deleteSchedule(context: Context, serverId: string, actor: Actor): Steps<void> {
  const { db, t } = context;
  yield* lockServer(context, serverId);
  const deleted = yield* ask(db.delete(t.schedules).where(eq(t.schedules.serverId, serverId)).returning());
  if (deleted.length === 0) throw new NotFoundError('schedule of server', serverId);
  yield* recordEvent(context, { ...causedBy(actor), type: 'schedule.deleted', serverId, detail: {} });
}
