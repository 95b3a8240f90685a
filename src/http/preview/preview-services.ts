import { keyNamed } from '#db/events.ts';
import type { Store } from '#db/store.ts';
import type { NewEvent } from '#db/transactions/events.ts';
import { queueName } from '#queues/bullmq/connection.ts';
import { QueueUnreachableError } from '#queues/bullmq/queue-switch.ts';
import { createRecorder } from '#queues/producer.ts';
import type { PaymentsDesk } from '#src/http/services/payments.ts';
import type { Services } from '#src/http/services/services.ts';
import type { Logger } from '#src/log.ts';

export interface PreviewServices {
  readonly services: Services;
  /** The events that the handler's transactions would have recorded, so far. */
  readonly events: readonly NewEvent[];
}

/**
 * The services for a handler that only previews its command: transactions are rolled back, and nothing is published,
 * logged, paused, or opened at Stripe. Every new service with an effect outside of the Store needs a line here.
 */
export function previewServices(services: Services): PreviewServices {
  const events: NewEvent[] = [];
  const store = services.store.preview((event) => void events.push(event));
  const preview: Services = {
    ...services,
    store,
    producer: createRecorder(store),
    switchQueue: switchPreview(services, store),
    payments: services.payments && deskPreview(services.payments),
    keys: { ...services.keys, forget: nothing },
    log: silent,
  };
  return { services: preview, events };
}

const nothing = () => undefined;

const silent: Logger = {
  info: nothing,
  warn: nothing,
  error: nothing,
  debug: nothing,
  trace: nothing,
  isLevelEnabled: () => false,
};

function switchPreview({ live, now }: Services, store: Store): Services['switchQueue'] {
  return async ({ paused, by, reason, requestId }) => {
    if ((await live.queue()) === null) throw new QueueUnreachableError('Redis does not answer.');
    const actor = { requestedBy: keyNamed(by), requestId, now: now() };
    await store.changeQueue({ queue: queueName, paused, by, reason }, actor);
  };
}

const pageOfPreview = 'https://preview.invalid/';

/** Stripe is asked, and nothing is made there. */
function deskPreview(desk: PaymentsDesk): PaymentsDesk {
  return {
    ...desk,
    publishLook: nothing,
    ask: (call) =>
      desk.ask((payments, signal) =>
        call(
          {
            ...payments,
            createCheckout: async () => ({ id: 'new', url: pageOfPreview, expiresAt: new Date() }),
            createPortal: async () => pageOfPreview,
          },
          signal,
        ),
      ),
  };
}
