import { hostname } from 'node:os';
import { type RefusalDeps, raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import type { Gate } from '#queues/gates/gate.ts';
import type { RefusedOperation } from '#queues/gates/refused-operations.ts';
import { SealedError, type Sealer, UnknownKeyError } from './sealed.ts';

export interface KeyWatch {
  /** The same sealer; the watch sees what it cannot open. */
  readonly sealer: Sealer;
  /** The source of the alerts secrets-key: the keys that this process would need and does not have. */
  readonly gate: Pick<Gate, 'refusals' | 'isOver'>;
  /** The source of the alerts vpn-keys-damaged: the servers whose keys no key opens. */
  readonly damage: Pick<Gate, 'refusals' | 'isOver'>;
  /** The process, for the message of the alert. */
  readonly whose: string;
}

/**
 * Watches a process for sealed texts that it cannot open: of a key that it does not have, for example because it has not
 * been restarted since SECRETS_KEY was changed, or damaged. `process`: its name, for people.
 */
export function watchKeys(sealer: Sealer, process: string): KeyWatch {
  const lacking = new Map<string, string>();
  const damaged = new Map<string, string>();
  const open: Sealer['open'] = (serverId, sealed) => {
    try {
      const secrets = sealer.open(serverId, sealed);
      lacking.delete(serverId);
      damaged.delete(serverId);
      return secrets;
    } catch (error) {
      if (error instanceof UnknownKeyError) lacking.set(serverId, error.keyId);
      else if (error instanceof SealedError) damaged.set(serverId, error.message);
      throw error;
    }
  };
  return {
    sealer: { ...sealer, open },
    gate: {
      refusals: () =>
        [...new Set(lacking.values())].map((keyId) => ({ subject: keyId, message: advice(keyId), lasting: true })),
      isOver: (keyId) => sealer.hasKey(keyId),
    },
    damage: {
      refusals: () => [...damaged].map(([serverId, reason]) => damageOf(serverId, reason)),
      // A process that cannot open them holds the alert.
      isOver: () => true,
    },
    whose: `The ${process} on ${hostname()}`,
  };
}

/** Records the alerts of both sources, and clears those that are over. */
export async function raiseKeyAlerts(
  { gate, damage, whose }: KeyWatch,
  deps: Pick<RefusalDeps, 'store' | 'now'>,
): Promise<void> {
  await raiseRefusalAlerts({ ...deps, whose, gate, kind: 'secrets-key' });
  await raiseRefusalAlerts({ ...deps, whose, gate: damage, kind: 'vpn-keys-damaged' });
}

/** Continues the sentence that names the process. */
function advice(keyId: string): string {
  return `cannot open VPN keys that are sealed with the key ${keyId}, which is neither its SECRETS_KEY nor its SECRETS_KEY_OLD. If that key is set now, restart the process; otherwise set it.`;
}

function damageOf(serverId: string, reason: string): RefusedOperation {
  const message = `cannot open VPN keys. ${reason} Its customer cannot get a configuration, and its jobs wait.`;
  return { subject: serverId, message, lasting: true, detail: { serverId } };
}
