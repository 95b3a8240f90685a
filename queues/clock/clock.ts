/** The time that all processes of the installation share: the database's. */
export interface Clock {
  /** Goes on steadily between two looks at the database, whatever this process's own wall clock does. */
  now(): Date;
  /** How far this process's own wall clock is ahead of it, in ms; negative: behind. */
  aheadMs(): number;
  /** Looks at the database's clock again; throws what the database throws. */
  look(): Promise<void>;
}

export interface OwnClocks {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds since whenever; never jumps. */
  readonly monotonic: () => number;
}

const ownClocks: OwnClocks = { wall: () => Date.now(), monotonic: () => performance.now() };
/** The time in an answer that took longer may be as old as that. */
const promptMs = 1_000;

/** Reads the database's clock once before it resolves. Throws what `readTime` throws. */
export async function openClock(readTime: () => Promise<Date>, own: OwnClocks = ownClocks): Promise<Clock> {
  /** What the database's clock showed when the monotonic one showed 0. */
  let origin: number | null = null;
  const look = async (): Promise<void> => {
    const askedAt = own.monotonic();
    const time = await readTime();
    const tookMs = own.monotonic() - askedAt;
    if (origin === null || tookMs <= promptMs) origin = time.getTime() - askedAt - tookMs / 2;
  };
  await look();
  const nowMs = () => Math.round((origin ?? 0) + own.monotonic());
  return { now: () => new Date(nowMs()), aheadMs: () => own.wall() - nowMs(), look };
}
