/** The time that all processes of the installation share: the database's. */
export interface Clock {
  /**
   * Advances steadily between two reads of the database's clock; changes of this host's wall clock do not affect it.
   */
  now(): Date;
  /** How far this host's wall clock is ahead of `now`, in ms; negative: behind. */
  aheadMs(): number;
  /** Reads the database's clock again. Throws the database's errors. */
  look(): Promise<void>;
}

export interface OwnClocks {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds since any fixed instant; never jumps. */
  readonly monotonic: () => number;
}

const ownClocks: OwnClocks = { wall: () => Date.now(), monotonic: () => performance.now() };
/** A slower answer is ignored, because its time may be out of date by as much. */
const slowestAnswerMs = 1_000;

/** Opens the shared clock; reads the database's clock once before it resolves. Throws the errors of `readTime`. */
export async function openClock(readTime: () => Promise<Date>, own: OwnClocks = ownClocks): Promise<Clock> {
  /** The database's time at which the monotonic clock showed 0. */
  let origin: number | null = null;
  const look = async (): Promise<void> => {
    const askedAt = own.monotonic();
    const time = await readTime();
    const tookMs = own.monotonic() - askedAt;
    if (origin === null || tookMs <= slowestAnswerMs) origin = time.getTime() - askedAt - tookMs / 2;
  };
  await look();
  const nowMs = () => Math.round((origin ?? 0) + own.monotonic());
  return { now: () => new Date(nowMs()), aheadMs: () => own.wall() - nowMs(), look };
}
