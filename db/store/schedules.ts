import { readDueSchedules, readSchedule, readSchedules } from '#db/reads/schedules.ts';
import type { Actor } from '#db/transactions/request.ts';
import { type DueSchedule, fireSchedule, resumeSchedules } from '#db/transactions/scheduled.ts';
import { deleteSchedule, putSchedule, type WantedSchedule } from '#db/transactions/schedules.ts';
import type { Runs } from './run.ts';

export function schedules({ read, accept, upkeep }: Runs) {
  return {
    readSchedule: (serverId: string) => read('schedule', (context) => readSchedule(context, serverId)),
    readSchedules: (filter: { after?: string | undefined; limit: number }) =>
      read('schedules', (context) => readSchedules(context, filter)),
    readDueSchedules: (now: Date, limit: number) =>
      read('due schedules', (context) => readDueSchedules(context, now, limit)),
    putSchedule: (wanted: WantedSchedule, actor: Actor) =>
      accept('put schedule', (context) => putSchedule(context, wanted, actor)),
    deleteSchedule: (serverId: string, actor: Actor) =>
      accept('delete schedule', (context) => deleteSchedule(context, serverId, actor)),
    fireSchedule: (due: DueSchedule) => upkeep('fire schedule', (context) => fireSchedule(context, due)),
    resumeSchedules: (actor: Actor) => accept('resume schedules', (context) => resumeSchedules(context, actor)),
  };
}
