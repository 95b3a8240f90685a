/** Jobs whose workers keep dying run one at a time, so that the job at fault takes no other suspect down with it. */
export interface Quarantine {
  /** Returns the function that leaves the quarantine; null: another job is in it. */
  enter(): (() => void) | null;
}

/** One process needs one: a crash ends only the runs of its own process. */
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
