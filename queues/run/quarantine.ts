/** Jobs whose workers keep dying run one at a time, so that the job at fault ends no run of another such job. */
export interface Quarantine {
  /** Returns the function that leaves the quarantine; null: another job is in it. */
  enter(): (() => void) | null;
}

/** Each process has its own: a crash ends only the runs of its process. */
export function createQuarantine(): Quarantine {
  let taken = false;
  return {
    enter: () => {
      if (taken) return null;
      taken = true;
      return () => {
        taken = false;
      };
    },
  };
}
