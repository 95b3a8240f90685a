/** The packets of one conversation: which have left this host, and for how long none could. */
export interface SendRecord {
  /** Records one packet. null: it has left; otherwise the error that kept it here. */
  sent(error: Error | null): void;
  /** Whether the first packet has left. */
  readonly firstLeft: Promise<boolean>;
  /** The error of the last packet; null: it has left. */
  lastError(): Error | null;
  /** Why no packet has left for so long that the network is not merely busy; null: packets leave. */
  blocked(): string | null;
  /** The sum of all times in which no packet could leave, in ms. */
  blockedMs(): number;
}

/** A full queue or table of the kernel drops single packets, too. */
const blockedAfterMs = 5_000;

/** `clock` is monotonic, in ms. */
export function createSendRecord(clock: () => number = () => performance.now()): SendRecord {
  const { promise: firstLeft, resolve } = Promise.withResolvers<boolean>();
  let failing: { readonly since: number; readonly error: Error } | null = null;
  let overMs = 0;
  const failingMs = () => (failing === null ? 0 : clock() - failing.since);
  return {
    firstLeft,
    sent: (error) => {
      resolve(error === null);
      if (error === null) {
        overMs += failingMs();
        failing = null;
      } else failing = { since: failing?.since ?? clock(), error };
    },
    lastError: () => failing?.error ?? null,
    blocked: () => (failing !== null && failingMs() >= blockedAfterMs ? failing.error.message : null),
    blockedMs: () => overMs + failingMs(),
  };
}
