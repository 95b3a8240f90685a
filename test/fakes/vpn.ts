import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerVpn } from '#queues/ports/vpn.ts';

/** The VPN of a server; each handshake succeeds or fails on demand. */
export interface FakeVpn extends ServerVpn {
  /** The addresses of the handshakes, oldest first. */
  readonly asked: string[];
  /** The next handshakes, up to this number, get no answer. */
  silentFor(handshakes: number): void;
}

export const fakeUserData = '#cloud-config\n{"keys":"secret"}\n';

export function fakeVpn(): FakeVpn {
  const asked: string[] = [];
  let silent = 0;
  return {
    asked,
    silentFor: (handshakes) => {
      silent = handshakes;
    },
    userData: () => fakeUserData,
    handshake: async (ipv4, signal) => {
      asked.push(ipv4);
      await nextTurn();
      signal.throwIfAborted();
      return silent-- > 0 ? { verified: false, reason: `${ipv4} is silent` } : { verified: true };
    },
  };
}
