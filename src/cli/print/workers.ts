import type { Workers } from '#src/cli/api/bodies.ts';
import { type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

/** The workers with what they last said; null: this key may not read it. */
export function workersPart(workers: Workers['items'] | null): Page {
  if (workers === null) return ['This key may not read the workers.'];
  return tableOf(
    workers,
    {
      worker: ({ name }) => name,
      state: ({ state, silent }) => (silent ? 'silent' : state),
      runs: ({ active, slots }) => `${active} of ${slots}`,
      started: ({ startedAt }) => localTime(startedAt),
      'last word': ({ saidAt }) => localTime(saidAt),
      version: ({ version }) => version,
    },
    'No worker has run within the last day. Start one: npm run worker',
  );
}
