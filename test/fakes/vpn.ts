import type { ServerVpn } from '#queues/ports/vpn.ts';

/** The VPN of a server; its machines answer handshakes unless told to be silent. */
export interface FakeVpn extends ServerVpn {
  /** The addresses that were asked, oldest first. */
  readonly asked: string[];
  /** From now on machines are silent, until `answer`. */
  fallSilent(): void;
  /** From now on machines answer, also those that are being asked. */
  answer(): void;
}

export const fakeUserData = '#cloud-config\n{"keys":"secret"}\n';

export function fakeVpn(): FakeVpn {
  const asked: string[] = [];
  let speaking = Promise.withResolvers<void>();
  speaking.resolve();
  return {
    asked,
    fallSilent: () => {
      speaking = Promise.withResolvers<void>();
    },
    answer: () => speaking.resolve(),
    userData: () => fakeUserData,
    ask: (ipv4, signal) => {
      asked.push(ipv4);
      const stopped = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => stopped.reject(signal.reason), { once: true });
      return { answered: Promise.race([speaking.promise, stopped.promise]), lack: () => `${ipv4} is silent` };
    },
  };
}
