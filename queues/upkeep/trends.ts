import { setTimeout as delay } from 'node:timers/promises';
import { tallySetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';

interface CountingDeps {
  readonly store: Pick<Store, 'addTrends' | 'readFigures' | 'countLocations' | 'putSetting'>;
  readonly now: () => Date;
}

/** A transaction that began earlier may still write an event with an earlier number. */
const settledMs = 30_000;
/** Twice as long as a page: the lock is free for most of the time. */
const pauseMs = 20;

/** Adds new events to the charts' minutes and hours. Goes on with the next call when the signal aborts. */
export async function countTrends({ store, now }: CountingDeps, signal: AbortSignal): Promise<void> {
  const page = () => store.addTrends({ before: new Date(now().getTime() - settledMs), now: now() });
  while (!signal.aborted && (await page())) await delay(pauseMs);
}

/** Counts servers, open jobs and machines, for pages that must not count them. */
export async function countTally({ store, now }: CountingDeps): Promise<void> {
  const figures = await store.readFigures();
  const locations = await store.countLocations();
  const servers = Object.fromEntries(figures.servers.map(({ status, count }) => [status, count]));
  const jobs: Record<string, number> = {};
  for (const { state, count } of figures.jobs) jobs[state] = (jobs[state] ?? 0) + count;
  await store.putSetting(tallySetting, { servers, jobs, locations }, now());
}
