import type { Store } from '#db/store.ts';
import type { Alert } from '#queues/alerts/alert.ts';
import type { Live } from '#queues/bullmq/live.ts';
import type { QueueChange } from '#queues/bullmq/queue-switch.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import type { Producer } from '#queues/producer.ts';
import type { ApiConfig } from '#src/config/api.ts';
import type { ShownSetting } from '#src/config/shown-settings.ts';
import type { KeyRing } from '#src/keys/key-ring.ts';
import type { Logger } from '#src/log.ts';
import type { Sealer } from '#src/vpn/sealed.ts';
import type { PaymentsDesk } from './payments.ts';
import type { Readiness } from './readiness.ts';
import type { Streams } from './streams.ts';
import type { WebhooksDesk } from './webhooks.ts';

/** Everything that the route handlers use. */
export interface Services {
  readonly config: Pick<
    ApiConfig,
    'provider' | 'domain' | 'dns' | 'defaultPlan' | 'maxServers' | 'publicUrl' | 'tokens'
  >;
  readonly program: { readonly version: string; readonly settings: readonly ShownSetting[] };
  readonly store: Store;
  readonly producer: Producer;
  /** null: customers do not pay with Stripe. */
  readonly payments: PaymentsDesk | null;
  readonly webhooks: WebhooksDesk;
  readonly live: Live;
  /** Pauses or resumes the queue. Throws QueueUnreachableError. */
  readonly switchQueue: (change: QueueChange) => Promise<void>;
  readonly alerts: () => Promise<readonly Alert[]>;
  /** The last catalogue read from the provider; null before the first. */
  readonly catalogue: () => Promise<Catalogue | null>;
  readonly sealer: Sealer;
  /** Seals the tokens of links in the stored answers to the calls that made them. */
  readonly linkTokens: Sealer;
  readonly keys: KeyRing;
  readonly readiness: Readiness;
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  readonly streams: Streams;
  readonly log: Logger;
  readonly now: () => Date;
}
