import type { Asking, ServerVpn } from '#queues/ports/vpn.ts';

/** The VPN of a server; its machines answer handshakes, over both families, unless told otherwise. */
export interface FakeVpn extends ServerVpn {
  /** The addresses that were asked, oldest first. */
  readonly asked: string[];
  /** From now on machines are silent, until `answer`. */
  fallSilent(): void;
  /** From now on machines answer, also those that are being asked. */
  answer(): void;
  /** From now on machines that are asked over IPv6 are silent there. */
  fallSilentOverIpv6(): void;
  /** From now on no packet leaves this host to addresses with this beginning; `reason` null: they leave again. */
  block(addresses: string, reason: string | null): void;
  /** The `blockedMs` of every conversation. */
  blockedMs: number;
}

export const fakeUserData = (devices: number) => `#cloud-config\n{"keys":"secret","devices":${devices}}\n`;

export function fakeVpn(): FakeVpn {
  let speaking = Promise.withResolvers<void>();
  let answersOverIpv6 = true;
  const blocks = new Map<string, string | null>();
  const blockOf = (address: string) => [...blocks].find(([beginning]) => address.startsWith(beginning))?.[1] ?? null;
  const answerOf = (address: string) => {
    const isSilent = blockOf(address) !== null || (address.includes(':') && !answersOverIpv6);
    return isSilent ? new Promise<never>(() => undefined) : speaking.promise;
  };
  speaking.resolve();
  const vpn: FakeVpn = {
    asked: [],
    blockedMs: 0,
    fallSilent: () => {
      speaking = Promise.withResolvers<void>();
    },
    answer: () => speaking.resolve(),
    fallSilentOverIpv6: () => {
      answersOverIpv6 = false;
    },
    block: (addresses, reason) => void blocks.set(addresses, reason),
    userData: fakeUserData,
    ask: (address, signal): Asking => {
      vpn.asked.push(address);
      const stopped = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => stopped.reject(signal.reason), { once: true });
      return {
        answered: Promise.race([answerOf(address), stopped.promise]),
        firstLeft: Promise.resolve(blockOf(address) === null),
        lack: () => `${address} is silent`,
        blocked: () => blockOf(address),
        blockedMs: () => vpn.blockedMs,
      };
    },
  };
  return vpn;
}
