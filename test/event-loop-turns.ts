export interface TurnCount {
  /** The number of event loop turns so far. */
  readonly now: number;
  stop(): void;
}

export function countTurns(): TurnCount {
  let now = 0;
  let counting: NodeJS.Immediate = setImmediate(function count() {
    now++;
    counting = setImmediate(count);
  });
  return {
    get now() {
      return now;
    },
    stop: () => clearImmediate(counting),
  };
}
