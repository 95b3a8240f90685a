import { asc, gt, sql } from '#db/orm.ts';
import { askHot, hot } from '#db/steps.ts';
import type { ReadSlice } from './figures.ts';

/** SQLite reads so many rows in about 5 ms, in which it blocks the event loop. */
const sliceRows = 4_000;

const locationSlice = hot('machine_locations', ({ db, t: { machines } }) =>
  db
    .select({ id: machines.id, location: machines.location, state: machines.state })
    .from(machines)
    .where(gt(machines.id, sql.placeholder('after')))
    .orderBy(asc(machines.id))
    .limit(sliceRows),
);

/** How many machines serve at each location. */
export async function countLocations(slice: ReadSlice): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let after = ''; ; ) {
    const rows = await slice(() => askHot(locationSlice, { after }));
    for (const { location, state } of rows) if (state === 'current') counts[location] = (counts[location] ?? 0) + 1;
    const last = rows.at(-1)?.id;
    if (last === undefined || rows.length < sliceRows) return counts;
    after = last;
  }
}
