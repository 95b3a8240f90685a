import { countLocations } from '#db/reads/locations.ts';
import { readTrends } from '#db/reads/trends.ts';
import { addTrends } from '#db/transactions/trends.ts';
import type { Grain } from '#db/trends.ts';
import { type Runs, slices } from './run.ts';

export function trends({ read, upkeep }: Pick<Runs, 'read' | 'upkeep'>) {
  return {
    /** Counts a page of events; true: there may be more. */
    addTrends: (times: { before: Date; now: Date }) => upkeep('add trends', (context) => addTrends(context, times)),
    readTrends: (grain: Grain, since: Date) => read('trends', (context) => readTrends(context, grain, since)),
    countLocations: () => countLocations(slices(read, 'locations')),
  };
}
