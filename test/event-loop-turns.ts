export interface TurnCount {
  /** The turn of the event loop that is under way. */
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
