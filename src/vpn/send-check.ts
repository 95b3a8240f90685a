import { createSocket } from 'node:dgram';
import { answerWithin } from '#queues/within.ts';
import { familyOf, type Target } from './handshake-socket.ts';
import { tunnel } from './tunnel.ts';

/** For each address family why this host cannot send handshakes; null: it can. */
export interface Sending {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** Tries it; a result is used for five seconds. */
export type SendCheck = () => Promise<Sending>;

export interface SendCheckOptions {
  /** The target of every handshake in a simulated cloud; null: the machines. */
  readonly probeAt: Target | null;
  /** Monotonic, in ms. */
  readonly clock?: () => number;
}

/** Addresses for documentation (RFC 5737, RFC 3849): no host has them, and a packet to them takes the default route. */
const nobody = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' };
const freshMs = 5_000;
const sentWithinMs = 1_000;

/** Tries with one packet for each family. */
export function createSendCheck({ probeAt, clock = () => performance.now() }: SendCheckOptions): SendCheck {
  let last: { readonly at: number; readonly sending: Promise<Sending> } | null = null;
  return () => {
    if (last === null || clock() - last.at > freshMs) last = { at: clock(), sending: check(probeAt) };
    return last.sending;
  };
}

async function check(probeAt: Target | null): Promise<Sending> {
  const whyNot = (host: string) => whyNotSent(probeAt ?? { host, port: tunnel.port });
  const [ipv4, ipv6] = await Promise.all([whyNot(nobody.ipv4), whyNot(nobody.ipv6)]);
  return { ipv4, ipv6 };
}

async function whyNotSent({ host, port }: Target): Promise<string | null> {
  const socket = createSocket(familyOf({ host }));
  const sending = new Promise<{ readonly error: string | null }>((resolve) => {
    socket.on('error', ({ message }) => resolve({ error: message }));
    // Machines and the simulator ignore an empty packet.
    socket.send(Buffer.alloc(0), port, host, (error) => resolve({ error: error?.message ?? null }));
  });
  const result = await answerWithin(sentWithinMs, sending);
  socket.close();
  return result ? result.error : `a packet to ${host} did not leave within ${sentWithinMs / 1000} s`;
}
