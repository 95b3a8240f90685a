import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerVpn } from '#queues/ports/vpn.ts';

/** The VPN of a server whose machines answer when they are told to. */
export interface FakeVpn extends ServerVpn {
  /** The addresses that were asked, oldest first. */
  readonly asked: string[];
  /** The next so many handshakes stay without an answer. */
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
