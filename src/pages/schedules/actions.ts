import { weekdays } from '#db/schedules.ts';
import type { Schedule } from '#src/cli/api/bodies.ts';
import type { Action, Form } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';

export const putSchedule: Action = {
  path: '/console/servers/:id/schedule',
  route: 'PUT /v1/servers/{id}/schedule',
  perform: async (form, call) => {
    const { serverId, next } = await call<Schedule>({ params: form.params, body: orderOf(form) });
    const [first] = next;
    return {
      message: first ? `The next rebuild is at ${first}.` : 'The schedule is paused.',
      next: serverPath(serverId),
    };
  },
};

/** A field `when` is `day`, a weekday, or a day of the month. */
function orderOf({ field }: Form): object {
  const when = field('when');
  const isWeekday = weekdays.some((name) => name === when);
  return {
    ...(when === 'day' && { every: 'day' }),
    ...(isWeekday && { every: 'week', weekday: when }),
    ...(when !== 'day' && !isWeekday && { every: 'month', day: Number(when) }),
    at: field('at'),
    zone: field('zone'),
    locations: field('locations')
      .split(/[\s,]+/)
      .filter((location) => location !== ''),
    paused: field('paused') === 'yes',
  };
}

export const deleteSchedule: Action = {
  path: '/console/servers/:id/schedule/delete',
  route: 'DELETE /v1/servers/{id}/schedule',
  perform: async ({ params }, call) => {
    await call({ params });
    return { message: 'The schedule is deleted. A rebuild that it has asked for goes on.' };
  },
};

export const scheduleActions = [putSchedule, deleteSchedule];
