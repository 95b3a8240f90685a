import { type Provider, ProviderError } from '#queues/ports/provider.ts';
import type { Run } from './run.ts';

/**
 * The jobs whose runs have surely made no machine, so that their next run may order after one empty look. Only this
 * process's own memory proves it. Redis's count of starts shows whether another process had a run in between; a higher
 * count only delays.
 */
export interface EmptyRuns {
  /** Begins a run; to be called before it does anything. */
  begin(run: Run): void;
  /** Whether neither this run nor an earlier one can have made a machine. */
  areAll(run: Run): boolean;
  /** The provider for this run: an order ends the proof, unless its answer proves that nothing was made. */
  watch(run: Run, provider: Provider): Provider;
  /** The job is closed. */
  forget(jobId: string): void;
}

/** Caps the memory. A forgotten job waits for the provider's listing lag. */
const mostJobs = 10_000;

export function createEmptyRuns(): EmptyRuns {
  /** The last start of each job, if all runs up to it were empty; null: that is not proven, and never will be here. */
  const lastEmpty = new Map<string, number | null>();
  const keep = (jobId: string, start: number | null) => {
    lastEmpty.delete(jobId);
    const [oldest] = lastEmpty.size >= mostJobs ? lastEmpty.keys() : [];
    if (oldest !== undefined) lastEmpty.delete(oldest);
    lastEmpty.set(jobId, start);
  };
  const areAll = ({ id, attemptsStarted }: Run) => lastEmpty.get(id) === attemptsStarted;
  return {
    begin: (run) => {
      const before = lastEmpty.get(run.id);
      // Redis's count alone proves only that this is the first start, and only for a job that this process has not run.
      const isNext = before === undefined ? run.attemptsStarted === 1 : before === run.attemptsStarted - 1;
      const isProven = isNext && run.publishedAtRelease && run.crashes === 0;
      keep(run.id, isProven ? run.attemptsStarted : null);
    },
    areAll,
    watch: (run, provider) => ({
      ...provider,
      create: async (spec, signal) => {
        const wereEmpty = areAll(run);
        keep(run.id, null);
        try {
          return await provider.create(spec, signal);
        } catch (error) {
          if (wereEmpty && error instanceof ProviderError && error.madeNothing) keep(run.id, run.attemptsStarted);
          throw error;
        }
      },
    }),
    forget: (jobId) => void lastEmpty.delete(jobId),
  };
}
