import type { Database } from '#db/database.ts';
import { createStore, type Store } from '#db/store.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { assertUsable } from '#queues/bullmq/usable.ts';
import { type Clock, openClock } from '#queues/clock/clock.ts';
import { createDnsGate } from '#queues/gates/dns-gate.ts';
import { createOrderBrake, type OrderBrake } from '#queues/gates/order-brake.ts';
import { createProbeGate, type ProbeGate } from '#queues/gates/probe-gate.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { Provider } from '#queues/ports/provider.ts';
import type { Vpn } from '#queues/ports/vpn.ts';
import type { Gates } from '#queues/run/pauses.ts';
import type { WorkerConfig } from '#src/config/worker.ts';
import type { Logger } from '#src/log.ts';

/** Shared by the jobs and the background work of a worker process. */
export interface WorkerServices extends Gates {
  readonly store: Store;
  readonly connection: QueueConnection;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly probeGate: ProbeGate;
  readonly orderBrake: OrderBrake;
}

export interface WorkerServicesDeps {
  readonly config: Pick<WorkerConfig, 'redis'>;
  readonly database: Database;
  readonly provider: Provider;
  /** null: servers have no DNS names. */
  readonly dns: Dns | null;
  readonly vpn: Vpn;
  /** Names this process in alerts. */
  readonly instance: string;
  readonly log: Logger;
}

/** Throws RedisUnusableError if a Redis answers that can never run the queue. */
export async function openServices(deps: WorkerServicesDeps): Promise<WorkerServices> {
  const { config, database, provider, dns, vpn, instance, log } = deps;
  const store = createStore(database);
  const connection = openQueue(config.redis, log);
  await assertUsable(connection.redis);
  const clock = await openClock(store.readTime);
  const orderBrake = createOrderBrake({ store, provider: provider.name, now: clock.now });
  // Before the first job may order.
  await orderBrake.runOnce();
  return {
    store,
    connection,
    publisher: createPublisher(connection, clock.now),
    clock,
    providerGate: createProviderGate(provider, clock.now),
    dnsGate: dns && createDnsGate(dns, clock.now),
    probeGate: createProbeGate(vpn, instance),
    orderBrake,
  };
}
