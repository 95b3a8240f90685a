import { hostname } from 'node:os';
import type { Gate } from '#queues/gates/gate.ts';
import { type Sealer, UnknownKeyError } from './sealed.ts';

export interface KeyWatch {
  /** The same sealer; the watch sees what it cannot open. */
  readonly sealer: Sealer;
  /** The source of the alerts secrets-key: the keys that this process would need and does not have. */
  readonly gate: Pick<Gate, 'refusals' | 'isOver'>;
  /** The process, for the message of the alert. */
  readonly whose: string;
}

/**
 * Watches a process for sealed texts of a key that it does not have, for example because it has not been restarted
 * since SECRETS_KEY was changed. `process`: its name, for people.
 */
export function watchKeys(sealer: Sealer, process: string): KeyWatch {
  const lacking = new Map<string, string>();
  const open: Sealer['open'] = (serverId, sealed) => {
    try {
      const secrets = sealer.open(serverId, sealed);
      lacking.delete(serverId);
      return secrets;
    } catch (error) {
      if (error instanceof UnknownKeyError) lacking.set(serverId, error.keyId);
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
    whose: `The ${process} on ${hostname()}`,
  };
}

/** Continues the sentence that names the process. */
function advice(keyId: string): string {
  return `cannot open VPN keys that are sealed with the key ${keyId}, which is neither its SECRETS_KEY nor its SECRETS_KEY_OLD. If that key is set now, restart the process; otherwise set it.`;
}
