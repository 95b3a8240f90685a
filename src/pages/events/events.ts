import { eventTypes } from '#db/events.ts';
import type { Event, PageOf } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, select, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { eventsPath } from '#src/pages/paths.ts';
import { eventsTable } from './events-table.ts';

/** Who did what: every command, and what the service did. */
export const eventsPage: Page = {
  path: eventsPath,
  nav: 'Events',
  scope: 'audit:read',
  show: async (visit) => {
    const { api, asked } = visit;
    const filter = { actor: asked('actor'), type: asked('type'), server: asked('server'), since: sinceOf(visit) };
    const query = { ...filter, cursor: asked('cursor') };
    const { items, nextCursor } = await api.call<PageOf<Event>>('GET /v1/events', { query });
    const list = items.length > 0 ? eventsTable(items) : noEvents(nextCursor !== null);
    return { title: 'Events', body: html`${filterOf(visit)}${list}${olderLinks(visit, nextCursor)}` };
  },
};

/** A day stands for its beginning in UTC. */
function sinceOf({ asked }: Visit): string {
  const since = asked('since');
  return /^\d{4}-\d{2}-\d{2}$/.test(since) ? `${since}T00:00:00Z` : since;
}

function filterOf({ asked }: Visit): Html {
  const choices = ['', ...eventTypes].map((value) => ({ value, text: value === '' ? 'any' : value }));
  return filterForm(eventsPath, [
    textInput('Actor, such as key:shop or worker', { name: 'actor', value: asked('actor') }),
    select('Type', { name: 'type', choices, chosen: asked('type') }),
    textInput('Server', { name: 'server', value: asked('server') }),
    textInput('Since, such as 2026-01-31', { name: 'since', value: asked('since') }),
  ]);
}

/** A search ends early where it has looked at many events; then there is more behind it. */
function noEvents(goesOn: boolean): Html {
  return goesOn
    ? empty('Nothing is found among the newest events.', 'Go on with the link “Older”.')
    : empty('No event is like this.', html`<a href="${eventsPath}">Show all events</a>`);
}
