import { z } from 'zod';
import { scheduleIntervals, weekdays } from '#db/schedules.ts';
import type { Schedule } from '#db/tables.ts';
import { nextRebuilds, zoneNamed } from '#queues/schedules/times.ts';
import { instant, location } from './fields.ts';

const zone = z
  .string()
  .max(64)
  .transform((name, context) => {
    const zone = zoneNamed(name);
    if (zone !== null) return zone;
    context.addIssue({ code: 'custom', message: `must be a time zone such as Europe/Berlin; there is no ${name}` });
    return z.NEVER;
  })
  .meta({ override: { type: 'string', example: 'Europe/Berlin' } });

const fields = {
  every: z.enum(scheduleIntervals),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 02:30')
    .meta({ description: 'In the time of the zone.', example: '02:30' }),
};
const weekday = z.enum(weekdays).meta({ description: 'Exactly if it is weekly.' });
const day = z
  .number()
  .int()
  .min(1, 'must be a day from 1 to 31')
  .max(31, 'must be a day from 1 to 31')
  .meta({ description: 'Exactly if it is monthly. In a shorter month it is the last day.' });
const locations = z
  .array(location)
  .max(20, 'must have at most 20 locations')
  .meta({ description: 'The places of the rebuilds, in turn; empty: where the server is.' });

export const scheduleOrder = z
  .strictObject({
    ...fields,
    weekday: weekday.optional(),
    day: day.optional(),
    zone,
    locations: locations.default([]),
    paused: z.boolean().default(false),
  })
  .superRefine((order, context) => {
    for (const [field, every] of [
      ['weekday', 'week'],
      ['day', 'month'],
    ] as const) {
      const isGiven = order[field] !== undefined;
      if (isGiven === (order.every === every)) continue;
      const message = isGiven ? `is only for every: ${every}` : `is required for every: ${every}`;
      context.addIssue({ code: 'custom', path: [field], message });
    }
  })
  .meta({ id: 'ScheduleOrder' });

export const scheduleShape = z
  .object({
    ...fields,
    serverId: z.string(),
    weekday: weekday.nullable(),
    day: day.nullable(),
    zone: z.string(),
    locations,
    paused: z.boolean(),
    next: z.array(instant).meta({ description: 'The next three rebuilds; empty while it is paused.' }),
    lastAt: instant.nullable().meta({ description: 'When it asked for the last rebuild.' }),
    lastJob: z.string().nullable(),
    skipped: z.string().nullable().meta({
      description: 'Why there was no rebuild at the last time: the status of the server, or `open-job`.',
    }),
  })
  .meta({ id: 'Schedule' });

const shownRebuilds = 3;

export function showSchedule(schedule: Schedule): z.output<typeof scheduleShape> {
  const { serverId, every, weekday, day, at, zone, locations, paused, firedAt, firedJob, skipped } = schedule;
  const next = paused ? [] : nextRebuilds(schedule, shownRebuilds).map((time) => time.toISOString());
  const times = { serverId, every, weekday, day, at, zone, locations, paused };
  return { ...times, next, lastAt: firedAt?.toISOString() ?? null, lastJob: firedJob, skipped };
}
