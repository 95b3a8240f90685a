import type { Store } from '#db/store.ts';
import { createAlertWatch } from '#queues/alerts/alert-watch.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import { createLive } from '#queues/bullmq/live.ts';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { switchQueue } from '#queues/bullmq/queue-switch.ts';
import { createProducer } from '#queues/producer.ts';
import { readOffer } from '#queues/upkeep/catalogue.ts';
import { readCosts } from '#queues/upkeep/costs.ts';
import type { ApiConfig } from '#src/config/api.ts';
import { createKeyRing } from '#src/keys/key-ring.ts';
import type { Logger } from '#src/log.ts';
import type { ApiMetrics } from '#src/metrics/api.ts';
import { readVersion } from '#src/version.ts';
import { createSealer, linkTokens, type Sealer } from '#src/vpn/sealed.ts';
import { cached } from './cached.ts';
import type { PaymentsDesk } from './payments.ts';
import { createReadiness } from './readiness.ts';
import type { Services } from './services.ts';
import { createStreams } from './streams.ts';
import { openWebhooksDesk } from './webhooks.ts';

const catalogueFreshMs = 5_000;
const alertsFreshMs = 1_000;
const streamLimits = { total: 200, share: 100 };

/** What the process has opened for its services. */
export interface ServicesDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly connection: QueueConnection;
  readonly metrics: ApiMetrics;
  readonly payments: PaymentsDesk | null;
  readonly now: () => Date;
}

/** Everything that the route handlers use, in a process that has opened these. */
export function createServices(deps: ServicesDeps): Services {
  const { config, log, store, sealer, connection, metrics, payments, now } = deps;
  const live = createLive(connection);
  const catalogue = cached(catalogueFreshMs, () => readOffer(store, config.provider));
  const { maxServers, defaultPlan } = config;
  const soldAs = { maxServers, defaultPlan, takesPayments: payments !== null };
  const watch = createAlertWatch({ ...soldAs, store, live, catalogue, now }, log);
  const alerts = cached(alertsFreshMs, () => watch.look());
  const costs = () => readCosts({ store, catalogue, provider: config.provider });
  return {
    config,
    program: { version: readVersion(), settings: config.shown },
    store,
    sealer,
    linkTokens: createSealer(config.secretsKeys, linkTokens),
    keys: createKeyRing({ store, log, now }),
    live,
    switchQueue: (change) => switchQueue({ connection, store, log, now }, change),
    alerts,
    log,
    now,
    payments,
    webhooks: openWebhooksDesk(config),
    producer: createProducer({ store, connection, publisher: createPublisher(connection, now), log }),
    catalogue,
    readiness: createReadiness({ store, live, alerts, now }),
    metrics: () => metrics.scrape({ store, live, alerts, costs, now }),
    streams: createStreams(streamLimits),
  };
}
