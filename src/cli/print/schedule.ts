import type { Schedule } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page } from './page.ts';
import { localTime } from './texts.ts';

export function schedulePage(schedule: Schedule): Page {
  const { serverId, every, weekday, day, at, zone, locations, paused, next, lastAt, lastJob, skipped } = schedule;
  const onDay = weekday ?? (day === null ? '' : `day ${day}`);
  return [
    fieldsOf({
      server: serverId,
      every: [every, onDay].filter(Boolean).join(', '),
      at: `${at} ${zone}`,
      locations: locations.join(' ') || null,
      state: paused ? 'paused' : 'running',
      next: next.map(localTime).join(', ') || null,
      last: localTime(lastAt),
      'last job': lastJob,
      'left out': skipped,
    }),
  ];
}
