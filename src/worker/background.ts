import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import { every } from '#queues/every.ts';
import type { Gates } from '#queues/run/pauses.ts';
import { type SweeperDeps, sweepOnce } from '#queues/sweeper.ts';
import { createUpkeep, type UpkeepDeps } from '#queues/upkeep/upkeep.ts';
import type { Logger } from '#src/log.ts';

export interface BackgroundDeps
  extends Gates,
    Pick<SweeperDeps, 'publisher'>,
    Pick<UpkeepDeps, 'store' | 'installation' | 'now' | 'onReport'> {
  readonly connection: QueueConnection;
  readonly log: Logger;
}

/** How soon a lost job, or an orphan is noticed. */
const sweepEveryMs = 3_000;
const upkeepEveryMs = 20_000;
const refusalsEveryMs = 2_000;

/**
 * What a worker process does beside its jobs: it sweeps, tells of refusals, and does the installation's upkeep while it
 * holds the lease. `stop` resolves when the last of it has ended.
 */
export function startBackground(deps: BackgroundDeps): { stop(): Promise<void> } {
  const { store, publisher, connection, providerGate, dnsGate, installation, now, log, onReport } = deps;
  const { redis } = connection;
  const sweep = async () => {
    if (redis.status === 'ready') await sweepOnce({ store, publisher, now, log });
  };
  const raiseAlerts = async () => {
    await raiseRefusalAlerts({
      store,
      gate: providerGate,
      whose: providerGate.provider.name,
      kind: 'provider-refuses',
      now,
    });
    if (dnsGate) await raiseRefusalAlerts({ store, gate: dnsGate, whose: dnsGate.dns.name, kind: 'dns-refuses', now });
  };
  const upkeep = createUpkeep({
    ...{ store, provider: providerGate.provider, dns: dnsGate?.dns ?? null, installation, now, log, onReport },
    holder: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
  });
  const sweeping = every(sweepEveryMs, sweep, failure('The sweep', log));
  redis.on('ready', () => sweeping.now());
  const repeating = [
    sweeping,
    every(upkeepEveryMs, (stop) => upkeep.runOnce(stop), failure('The inventory', log)),
    every(refusalsEveryMs, raiseAlerts, failure('Telling of refusals', log)),
  ];
  return { stop: async () => void (await Promise.all(repeating.map((one) => one.stop()))) };
}

/** Logs what went wrong in something that is done again and again. */
export function failure(what: string, log: Logger): (error: unknown) => void {
  return (error) => log.warn({ error: String(error) }, `${what} failed; it is tried again`);
}
