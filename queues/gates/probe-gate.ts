import type { Asking, ServerVpn, Vpn } from '#queues/ports/vpn.ts';
import type { RefusedOperation } from './refused-operations.ts';

/** Reports that this worker cannot send handshakes, which says nothing about the machines. It holds back no job. */
export interface ProbeGate {
  /** The VPN; every question through it is observed. */
  readonly vpn: Vpn;
  refusals(): readonly RefusedOperation[];
  /** Always: a blocked worker holds its alert, so one that has ended, or can send again, loses it. */
  isOver(): boolean;
}

/** Longer than the pause of the jobs that wait, each of which asks again. */
const reportedForMs = 60_000;

/** `worker` names this process in the alert. `clock` is monotonic, in ms. */
export function createProbeGate(inner: Vpn, worker: string, clock: () => number = () => performance.now()): ProbeGate {
  const asked = new Set<Asking>();
  let last: { readonly reason: string; readonly until: number } | null = null;
  const note = (asking: Asking) => {
    const reason = asking.blocked();
    if (reason !== null) last = { reason, until: clock() + reportedForMs };
  };
  const observe = (asking: Asking): Asking => {
    const end = () => void asked.delete(asking);
    asked.add(asking);
    asking.answered.then(
      () => {
        last = null;
        end();
      },
      () => {
        note(asking);
        end();
      },
    );
    return asking;
  };
  const refusals = (): readonly RefusedOperation[] => {
    for (const asking of asked) note(asking);
    if (last === null || last.until <= clock()) return [];
    const message = `cannot send VPN handshakes: ${last.reason}. The machines that it asks stay, their jobs wait, and nothing more is ordered for them. Correct its network or its firewall.`;
    return [{ subject: worker, message, lasting: true, detail: { worker, reason: last.reason } }];
  };
  return {
    vpn: { of: (serverId, sealedKeys) => observed(inner.of(serverId, sealedKeys), observe) },
    refusals,
    isOver: () => true,
  };
}

function observed({ userData, ask }: ServerVpn, observe: (asking: Asking) => Asking): ServerVpn {
  return { userData, ask: (address, signal) => observe(ask(address, signal)) };
}
