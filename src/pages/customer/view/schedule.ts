import { weekdays } from '#db/schedules.ts';
import type { Schedule } from '#db/tables.ts';
import { nextRebuilds } from '#queues/schedules/times.ts';
import { type Html, html } from '#src/html/html.ts';
import type { Scene } from '#src/pages/customer/scene.ts';
import type { Visit } from '#src/pages/customer/visit.ts';
import { timeHtml } from './document.ts';
import { placeName } from './state.ts';

/** The regular rebuilds; nothing if the link may not change them. */
export function scheduleSection(visit: Visit, scene: Scene): Html | string {
  const { may, path, server } = visit;
  if (!may.includes('schedule') || server.status === 'destroying' || server.status === 'destroyed') return '';
  const { schedule } = scene;
  const off = html`<form method="post" action="${path}/schedule-off"><button class="plain" type="submit">Switch off</button></form>`;
  return html`<section id="schedule" class="sheet">
<h2>Regular rebuilds</h2>
<p>${schedule === null ? 'Your server is not rebuilt regularly.' : plainly(schedule)}</p>
${schedule === null || schedule.paused ? '' : nextHtml(schedule)}
${schedule === null ? '' : html`<div class="acts">${off}</div>`}
${scene.isBusy ? '' : scheduleForm(visit, scene)}
</section>`;
}

const intervals = { day: 'every day', week: 'every week', month: 'every month' } as const;

function plainly({ every, weekday, day, at, zone, paused }: Schedule): string {
  const on = weekday === null ? '' : ` on ${capital(weekday)}`;
  const date = day === null ? '' : ` on day ${day}`;
  return `It is rebuilt ${intervals[every]}${on}${date} at ${at} (${zone})${paused ? ', but this is paused now' : ''}.`;
}

function nextHtml(schedule: Schedule): Html {
  const [next] = nextRebuilds(schedule, 1);
  return next === undefined ? html`` : html`<p>The next time is ${timeHtml(next)}.</p>`;
}

function scheduleForm({ path }: Visit, scene: Scene): Html {
  const { every = 'week', weekday, day, at = '04:00', zone, locations = [] } = scene.schedule ?? {};
  const days = weekdays.map((name) => optionHtml(name, capital(name), name === (weekday ?? 'monday')));
  const hows = (['day', 'week', 'month'] as const).map((how) => optionHtml(how, intervals[how], how === every));
  const places = [scene.place, ...scene.otherPlaces].map(
    (place) =>
      html`<label class="tick"><input type="checkbox" name="place-${place.id}"${locations.includes(place.id) ? html` checked` : ''}>${placeName(place)}</label>`,
  );
  return html`<details><summary>${scene.schedule === null ? 'Rebuild it regularly' : 'Change'}</summary>
<form class="fields" method="post" action="${path}/schedule">
<label>How often<select name="every">${hows}</select></label>
<label>Day, if every week<select name="weekday">${days}</select></label>
<label>Day, if every month<input name="day" type="number" min="1" max="31" value="${day ?? 1}"></label>
<label>Time<input name="at" type="time" value="${at}" required></label>
<label>Time zone<input name="zone" value="${zone ?? 'UTC'}" maxlength="64" required${zone === undefined ? html` data-own-zone` : ''}></label>
<fieldset><legend>Places, in turn (none: where it is)</legend>${places}</fieldset>
<p class="hint">Each rebuild gives the server a new address. Afterwards, devices have to reconnect.</p>
<button type="submit">Save</button>
</form></details>`;
}

function optionHtml(value: string, text: string, isChosen: boolean): Html {
  return html`<option value="${value}"${isChosen ? html` selected` : ''}>${text}</option>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
