import type { HistoryEntry } from '#src/cli/api/bodies.ts';
import { type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

export function historyPage(entries: readonly HistoryEntry[]): Page {
  return tableOf(entries, {
    at: ({ at }) => localTime(at),
    event: ({ event }) => event,
    job: ({ jobId }) => jobId,
    detail: ({ detail }) => detailText(detail),
  });
}

/** `kind: create, error: …`; members without a value are left out. */
export function detailText(detail: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(detail).filter(([, value]) => value !== null && value !== undefined);
  return given
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}
