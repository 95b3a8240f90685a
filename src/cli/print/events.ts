import type { Event, EventWithCauses, HistoryEntry } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

/** The events of one server. */
export function historyPage(entries: readonly HistoryEntry[]): Page {
  return tableOf(entries, {
    at: ({ at }) => localTime(at),
    type: ({ type }) => type,
    by: ({ actor }) => actor,
    job: ({ jobId }) => jobId,
    detail: ({ detail }) => detailText(detail),
  });
}

export function eventsPage(events: readonly Event[]): Page {
  return tableOf(events, {
    at: ({ at }) => localTime(at),
    type: ({ type }) => type,
    by: ({ actor }) => actor,
    about: ({ serverId, subscriptionId, subject }) => serverId ?? subscriptionId ?? subject,
    detail: ({ detail }) => detailText(detail),
    event: ({ id }) => id,
  });
}

export function eventPage({ causes, ...event }: EventWithCauses): Page {
  const { id, type, actor, at, serverId, jobId, subscriptionId, subject, requestId, detail } = event;
  const about = { server: serverId, job: jobId, subscription: subscriptionId, subject };
  const fields = { event: id, type, by: actor, at: localTime(at), ...about, request: requestId };
  const shown = fieldsOf({ ...fields, detail: detailText(detail) || null });
  return causes.length === 0 ? [shown] : [shown, 'Its causes:', ...eventsPage(causes)];
}

/** `kind: create, error: …`; members without a value are left out. */
function detailText(detail: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(detail).filter(([, value]) => value !== null && value !== undefined);
  return given.map(([name, value]) => `${name}: ${valueText(value)}`).join(', ');
}

/** Things that have a name are shown by it; `--json` has the rest. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(' ');
  if (typeof value !== 'object' || value === null) return String(value);
  return 'name' in value ? String(value.name) : JSON.stringify(value);
}
