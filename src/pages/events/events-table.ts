import type { Event } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { eventPath, serverPath, subscriptionPath } from '#src/pages/paths.ts';

/** Events with links to their causes and to whom they concern. */
export function eventsTable(events: readonly Event[]): Html {
  return table('Events', events, {
    At: ({ at }) => time(at),
    Type: ({ id, type }) => html`<a href="${eventPath(id)}">${type}</a>`,
    Actor: ({ actor }) => actor,
    About: aboutOf,
    Detail: ({ detail }) => detailText(detail),
  });
}

export function aboutOf({ serverId, subscriptionId, subject }: Event): Html {
  const server = serverId === null ? null : html`<a href="${serverPath(serverId)}">${serverId}</a>`;
  const subscription =
    subscriptionId === null ? null : html`<a href="${subscriptionPath(subscriptionId)}">${subscriptionId}</a>`;
  return html`${server} ${subscription} ${subject}`;
}

/** The fields of a detail on one line, such as `kind: rebuild, location: ams`. */
export function detailText(detail: Event['detail']): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}
