import type { EventWithCauses } from '#src/cli/api/bodies.ts';
import { html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { facts } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import type { Page } from '#src/pages/page.ts';
import { eventPath, eventsPath } from '#src/pages/paths.ts';
import { aboutOf, detailText, eventsTable } from './events-table.ts';

export const eventPage: Page = {
  path: `${eventsPath}/:id`,
  show: async ({ api, params }) => {
    const event = await api.call<EventWithCauses>('GET /v1/events/{id}', { params });
    const { causes, at, type, actor, requestId, jobId, detail } = event;
    const about = facts({
      Event: idLink(event.id, eventPath(event.id)),
      At: time(at),
      Actor: actor,
      About: aboutOf(event),
      Job: jobId,
      'Request in the log': requestId,
      Detail: detailText(detail),
    });
    const chain = causes.length === 0 ? html`<p>No cause is recorded: it is the first.</p>` : eventsTable(causes);
    return { title: type, body: html`${about}<h2>Caused by</h2>${chain}` };
  },
};
