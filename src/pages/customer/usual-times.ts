import type { Store } from '#db/store.ts';
import { cached } from '#src/http/services/cached.ts';

/** The kinds of jobs for which customers wait. */
export const awaitedKinds = ['create', 'rebuild', 'resume'] as const;
export type AwaitedKind = (typeof awaitedKinds)[number];

/** How long a job of the kind has taken lately, in seconds: the median of the last ones. null: there was none. */
export type UsualTimes = (kind: AwaitedKind) => Promise<number | null>;

const lastJobs = 21;
const freshMs = 60_000;

export function createUsualTimes(store: Pick<Store, 'readJobs'>): UsualTimes {
  const readers = {
    create: cached(freshMs, () => readUsual(store, 'create')),
    rebuild: cached(freshMs, () => readUsual(store, 'rebuild')),
    resume: cached(freshMs, () => readUsual(store, 'resume')),
  } satisfies Record<AwaitedKind, unknown>;
  return (kind) => readers[kind]();
}

async function readUsual(store: Pick<Store, 'readJobs'>, kind: AwaitedKind): Promise<number | null> {
  const jobs = await store.readJobs({ kind, state: 'succeeded', limit: lastJobs });
  const seconds = jobs.map(
    ({ createdAt, finishedAt }) => ((finishedAt ?? createdAt).getTime() - createdAt.getTime()) / 1_000,
  );
  return seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? null;
}

/** Such as `about 3 minutes`. */
export function shownDuration(seconds: number | null): string {
  if (seconds === null) return 'a few minutes';
  if (seconds < 45) return 'less than a minute';
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'about a minute' : `about ${minutes} minutes`;
}
