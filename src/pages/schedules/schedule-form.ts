import { weekdays } from '#db/schedules.ts';
import type { Schedule } from '#src/cli/api/bodies.ts';
import { select, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Visit } from '#src/pages/page.ts';
import { deleteSchedule, putSchedule } from './actions.ts';

/** Forms that set and delete the schedule of a server; null: the session may not. */
export function scheduleForm(visit: Visit, serverId: string, schedule: Schedule | null): Html | null {
  if (!visit.api.may(putSchedule.route)) return null;
  const params = { id: serverId };
  const inputs = [
    select('When', { name: 'when', choices: times(), chosen: schedule ? timeOf(schedule) : 'day' }),
    textInput('At', { name: 'at', value: schedule?.at ?? '03:00', required: true }),
    textInput('Time zone', { name: 'zone', value: schedule?.zone ?? 'UTC', required: true }),
    textInput('Locations in turn; none: where it is', {
      name: 'locations',
      value: schedule?.locations.join(' ') ?? '',
    }),
    select('Paused', { name: 'paused', choices: yesOrNo, chosen: schedule?.paused ? 'yes' : 'no' }),
  ];
  const label = schedule ? 'Change the schedule' : 'Make a schedule';
  const remove = schedule && actionForm(visit, deleteSchedule, { label: 'Delete it', params, look: 'plain' });
  return html`<details><summary>${label}…</summary>
${actionForm(visit, putSchedule, { label, params, inputs })}${remove}
</details>`;
}

const yesOrNo = [
  { value: 'no', text: 'no' },
  { value: 'yes', text: 'yes' },
];

function times() {
  const days = Array.from({ length: 31 }, (_, n) => ({ value: String(n + 1), text: `day ${n + 1} of the month` }));
  return [
    { value: 'day', text: 'every day' },
    ...weekdays.map((day) => ({ value: day, text: `every ${day}` })),
    ...days,
  ];
}

function timeOf({ weekday, day }: Schedule): string {
  return weekday ?? (day === null ? 'day' : String(day));
}
