import type { Initiation } from '#src/vpn/initiation.ts';

/** The kernel accepts 50 first messages of a peer in a second (INITIATIONS_PER_SECOND). */
const shortestIntervalMs = 20;

/** The last first message that a simulated WireGuard accepted from each of its peers. */
export interface AcceptedInitiations {
  /**
   * Whether WireGuard accepts this message. It ignores a copy, and any message that was not made later than the last
   * one of its peer, even if the response to that one was lost.
   */
  accept(initiation: Initiation): boolean;
}

/** Like `wg_noise_handshake_consume_initiation` in the kernel. `clock` is monotonic, in ms. */
export function createAcceptedInitiations(clock: () => number = () => performance.now()): AcceptedInitiations {
  const latest = new Map<string, { readonly madeAt: Buffer; readonly acceptedAt: number }>();
  return {
    accept: ({ peerPublic, madeAt }) => {
      const peer = peerPublic.toString('base64');
      const last = latest.get(peer);
      const now = clock();
      if (last && (madeAt.compare(last.madeAt) <= 0 || now - last.acceptedAt < shortestIntervalMs)) return false;
      latest.set(peer, { madeAt, acceptedAt: now });
      return true;
    },
  };
}
