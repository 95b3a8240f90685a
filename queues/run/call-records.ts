import { type JobCall, mostCalls } from '#db/calls.ts';

/**
 * What the runs of this process have changed for each open job, until the job's settle writes it. A process that dies
 * takes its records along: they are for people, and no decision needs them.
 */
export interface CallRecords {
  add(jobId: string, call: Omit<JobCall, 'n'>): void;
  /** The first and the last ones, at most 40 together. */
  of(jobId: string): readonly JobCall[];
  /** The job is closed. */
  forget(jobId: string): void;
}

/** Caps the memory. */
const mostJobs = 10_000;
/** A removal is tried for ever: its beginning and its end say the most. */
const mostFirst = mostCalls / 2;

interface Recorded {
  readonly first: readonly JobCall[];
  readonly last: readonly JobCall[];
  readonly count: number;
}

export function createCallRecords(): CallRecords {
  const records = new Map<string, Recorded>();
  return {
    add: (jobId, call) => {
      const before = records.get(jobId) ?? { first: [], last: [], count: 0 };
      records.delete(jobId);
      const [oldest] = records.size >= mostJobs ? records.keys() : [];
      if (oldest !== undefined) records.delete(oldest);
      records.set(jobId, withCall(before, call));
    },
    of: (jobId) => {
      const { first, last } = records.get(jobId) ?? { first: [], last: [] };
      return [...first, ...last];
    },
    forget: (jobId) => void records.delete(jobId),
  };
}

function withCall({ first, last, count }: Recorded, call: Omit<JobCall, 'n'>): Recorded {
  const numbered = { ...call, n: count + 1 };
  if (first.length < mostFirst) return { first: [...first, numbered], last, count: count + 1 };
  return { first, last: [...last, numbered].slice(mostFirst - mostCalls), count: count + 1 };
}
