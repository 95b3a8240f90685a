import type { Workers } from '#src/cli/api/bodies.ts';
import { type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

/** The workers with their last word; null: they cannot be read. */
export function workersPart(workers: Workers['items'] | null): Page {
  if (workers === null)
    return ['The workers are not shown: this key may not read them, or the database does not answer.'];
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
    'No worker was heard of. Start one: npm run worker',
  );
}
