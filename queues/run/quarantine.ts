/** Where jobs whose workers keep dying run one at a time: the one that kills its worker takes no other suspect along. */
export interface Quarantine {
  /** Returns how to leave; null: it is taken. */
  enter(): (() => void) | null;
}

/** For one process: what runs in others does not die with it. */
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
