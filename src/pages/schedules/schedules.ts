import type { PageOf, Schedule } from '#src/cli/api/bodies.ts';
import { badge } from '#src/html/badge.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page } from '#src/pages/page.ts';
import { jobPath, schedulesPath, serverPath, serversPath } from '#src/pages/paths.ts';

export const schedulesPage: Page = {
  path: schedulesPath,
  nav: 'Schedules',
  show: async (visit) => {
    const query = { cursor: visit.asked('cursor') };
    const { items, nextCursor } = await visit.api.call<PageOf<Schedule>>('GET /v1/schedules', { query });
    const list =
      items.length > 0
        ? schedulesTable(items)
        : empty('No server has a schedule.', html`Make one on the page of <a href="${serversPath}">a server</a>.`);
    return { title: 'Schedules', body: html`${list}${olderLinks(visit, nextCursor)}` };
  },
};

function schedulesTable(schedules: readonly Schedule[]): Html {
  return table('Schedules', schedules, {
    Server: ({ serverId }) => idLink(serverId, serverPath(serverId)),
    Rebuilt: scheduleText,
    Next: ({ paused, next }) => (paused ? badge('paused', 'warn') : time(next[0] ?? null)),
    Last: ({ lastAt, lastJob }) =>
      lastJob === null ? time(lastAt) : html`<a href="${jobPath(lastJob)}">${time(lastAt)}</a>`,
    Skipped: ({ skipped }) => skipped,
  });
}

/** Such as `every monday at 02:30 (Europe/Berlin), in ams, fra in turn`. */
export function scheduleText({ weekday, day, at, zone, locations }: Schedule): string {
  const when = weekday ?? (day === null ? 'day' : `month on day ${day}`);
  const where = locations.length === 0 ? '' : `, in ${locations.join(', ')}${locations.length > 1 ? ' in turn' : ''}`;
  return `every ${when} at ${at} (${zone})${where}`;
}
