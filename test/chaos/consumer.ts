import { z } from 'zod';
import { type Receiver, startReceiver, verified } from '../webhook-receiver.ts';
import type { Stage } from './stage.ts';
import { until } from './wait.ts';

/** The settings with which workers send news to this host. */
export const toThisHost = { WEBHOOK_PRIVATE_ADDRESSES: 'allow' };

/** A consumer of all news of the installation. */
export interface Consumer {
  readonly receiver: Receiver;
  /** Waits until everything is delivered, compares it with what has arrived, and ends. */
  check(): Promise<void>;
}

const added = z.object({ webhook: z.object({ id: z.string() }), secret: z.string() });
const page = z.object({
  items: z.array(z.object({ id: z.string(), eventId: z.string(), state: z.string() })),
});

export async function addConsumer({ installation: { shop }, broken }: Stage): Promise<Consumer> {
  const receiver = await startReceiver();
  const { status, body } = await shop.post('/v1/webhooks', { url: receiver.url, types: newsOfServers });
  if (status !== 201) throw new Error(`The webhook was answered ${status}: ${JSON.stringify(body)}`);
  const { webhook, secret } = added.parse(body);
  const deliveries = async () =>
    page.parse((await shop.get(`/v1/webhooks/${webhook.id}/deliveries?limit=200`)).body).items;
  return {
    receiver,
    check: async () => {
      const all = await until('every delivery', async () => {
        const found = await deliveries().catch(() => []);
        return found.length > 0 && found.every(({ state }) => state === 'delivered') && found;
      });
      const accepted = new Set(receiver.accepted());
      for (const { id, eventId } of all)
        if (!accepted.has(`msg_${eventId}`)) broken(`${id} is delivered, but its message has not arrived.`);
      const bodies = new Map<string, string>();
      for (const call of receiver.received) {
        const id = call.headers['webhook-id'];
        if ((bodies.get(id) ?? call.body) !== call.body) broken(`${id} had other bytes in another attempt.`);
        bodies.set(id, call.body);
        verified(secret, call);
      }
      await receiver.close();
    },
  };
}

const newsOfServers = ['server.purchased', 'server.ready', 'server.destroy_requested', 'server.destroyed'];

/** The types of the news about the server that have arrived. */
export function newsOf({ received }: Receiver, serverId: string): ReadonlySet<string> {
  const bodies = received.map(({ body }) => JSON.parse(body) as { type: string; data: { serverId: string | null } });
  return new Set(bodies.filter(({ data }) => data.serverId === serverId).map(({ type }) => type));
}

/** Records a broken promise unless the whole life of the server has arrived. */
export function expectWholeLife({ broken }: Pick<Stage, 'broken'>, receiver: Receiver, serverId: string): void {
  const arrived = newsOf(receiver, serverId);
  for (const type of newsOfServers) if (!arrived.has(type)) broken(`${type} of ${serverId} has not arrived.`);
}
