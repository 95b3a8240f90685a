import { readDueSchedules, readSchedule } from '#db/reads/schedules.ts';
import type { Actor } from '#db/transactions/request.ts';
import { type DueSchedule, fireSchedule, resumeSchedules } from '#db/transactions/scheduled.ts';
import { deleteSchedule, putSchedule, type WantedSchedule } from '#db/transactions/schedules.ts';
import type { Run } from './run.ts';

export function schedules(read: Run, upkeep: Run) {
  return {
    readSchedule: (serverId: string) => read('schedule', (context) => readSchedule(context, serverId)),
    readDueSchedules: (now: Date, limit: number) =>
      read('due schedules', (context) => readDueSchedules(context, now, limit)),
    putSchedule: (wanted: WantedSchedule, actor: Actor) =>
      upkeep('put schedule', (context) => putSchedule(context, wanted, actor)),
    deleteSchedule: (serverId: string, actor: Actor) =>
      upkeep('delete schedule', (context) => deleteSchedule(context, serverId, actor)),
    fireSchedule: (due: DueSchedule) => upkeep('fire schedule', (context) => fireSchedule(context, due)),
    resumeSchedules: (actor: Actor) => upkeep('resume schedules', (context) => resumeSchedules(context, actor)),
  };
}
