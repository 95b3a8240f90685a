import type { OpenOptions } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { createProducer, type Producer } from '#queues/producer.ts';
import { until } from '../chaos/wait.ts';
import { sealNewKeys } from '../secrets-key.ts';
import { quiet } from '../world.ts';
import type { Rig } from './rig.ts';

/** A producer in the bench's own process. */
export interface Shop {
  readonly store: Store;
  readonly producer: Producer;
  readonly connection: QueueConnection;
  /** Buys one server, as the API does for a call with an Idempotency-Key. */
  buy(): Promise<Purchased>;
  close(): Promise<void>;
}

/** Numbers every purchase of this process, so that an Idempotency-Key is used once. */
let bought = 0;

export const keyOf = (number: number) => `bench-key-${String(number).padStart(9, '0')}`;

export async function openShop({ databaseUrl, redis }: Rig, options: OpenOptions = {}): Promise<Shop> {
  const store = createStore(await openDatabase(databaseUrl, options));
  const connection = openQueue(redis, quiet);
  const publisher = createPublisher(connection, () => new Date());
  const producer = createProducer({ store, connection, publisher, log: quiet });
  await connection.queue.waitUntilReady();
  return {
    store,
    producer,
    connection,
    buy: () => buy(producer),
    close: async () => {
      await connection.close();
      await store.close();
    },
  };
}

async function buy(producer: Producer): Promise<Purchased> {
  const key = keyOf(++bought);
  const { recorded } = await producer.purchase(
    {
      customer: `customer-${bought}`,
      location: 'ewr',
      plan: 'vc2-1c-1gb',
      reference: null,
      provider: 'simulator',
      domain: 'vpn.test',
      maxServers: null,
      requestedBy: 'key:bench',
      requestId: `request-${bought}`,
      now: new Date(),
      sealNewKeys,
    },
    { idempotency: { token: 'bench', key, bodyHash: key }, answer: ({ purchase, job }) => ({ purchase, job }) },
  );
  if (!recorded) throw new Error(`The key ${key} was used before.`);
  return recorded;
}

const atOnce = 100;

/** Buys this many servers, and resolves once all their jobs wait in Redis. */
export async function seed(rig: Rig, count: number): Promise<void> {
  const shop = await openShop(rig);
  try {
    for (let left = count; left > 0; left -= atOnce)
      await Promise.all(Array.from({ length: Math.min(left, atOnce) }, shop.buy));
    await until(`${count} jobs in Redis`, async () => (await shop.connection.queue.getWaitingCount()) >= count);
  } finally {
    await shop.close();
  }
}
