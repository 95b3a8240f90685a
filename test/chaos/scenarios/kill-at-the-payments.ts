import { setTimeout as delay } from 'node:timers/promises';
import type { RedisCommand } from '../redis-proxy.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { happen, sendEvents, subscribe, untilServed } from '../subscribers.ts';

/** What Stripe tells of a subscription, and the state of the server that follows from it. */
const changes = [
  { act: 'pause', status: 'suspended' },
  { act: 'recover', status: 'running' },
] as const;

/** Arms a kill for the next change, and resolves once it has struck. */
type Inject = (stage: Stage) => Promise<unknown>;

const queue = 'bull:payments';

function atStripe(operation: string, when: 'arrived' | 'acted' | 'answered'): Inject {
  return async ({ installation: { cloud } }) => {
    await cloud.untilInjected(await cloud.addFaultRule({ kind: 'kill', operation, when }));
  };
}

function atRedis(group: 'api' | 'workers', matches: (command: RedisCommand) => boolean): Inject {
  return ({ installation }) => installation.killOnCommand({ group, matches, reachesRedis: false });
}

const includes = (text: string) => (command: RedisCommand) => command.some((argument) => argument.includes(text));
const isNotice = includes('evt_');

const points: readonly { id: string; about: string; inject: Inject }[] = [
  {
    id: 'kill-notice-stored',
    about: 'kill -9 of the API after it has stored an event of Stripe and before it publishes it',
    inject: atRedis('api', (command) => isNotice(command) && includes(queue)(command)),
  },
  {
    id: 'kill-look-began',
    about: 'kill -9 of the worker that reads a subscription at Stripe',
    inject: atStripe('read-payment', 'arrived'),
  },
  {
    id: 'kill-look-read',
    about: 'kill -9 of the worker that has read the invoices of a subscription',
    inject: atStripe('list-payments', 'answered'),
  },
  {
    id: 'kill-look-applied',
    about: 'kill -9 of the worker after the commit of a look, before it publishes the job that follows',
    inject: atRedis('workers', (command) => includes('"publishedBy"')(command) && includes('bull:servers')(command)),
  },
  {
    id: 'kill-look-untold',
    about: 'kill -9 of the worker after the commit of a look, before the reply to BullMQ',
    inject: atRedis('workers', (command) => command.some((argument) => argument.toString() === `${queue}:completed`)),
  },
];

/** One subscriber at a time, since a rule cannot tell one list of invoices from another. */
const killedLooks = points.map(
  ({ id, about, inject }): Scenario => ({
    id,
    about: `${about}; a subscription that begins, is paused and is paid again`,
    runs: { full: 20, quick: id === 'kill-look-applied' ? 1 : 0 },
    setting: { proxied: true, payments: true },
    run: async (stage) => {
      const { installation } = stage;
      await sendEvents(installation);
      const [, reference] = await Promise.all([inject(stage), subscribe(installation)]);
      const { serverId, subscriptionId } = await untilServed(installation, reference);
      for (const { act, status } of changes) {
        await Promise.all([inject(stage), happen(installation, subscriptionId, act)]);
        await installation.shop.until(serverId, status);
      }
    },
  }),
);

const flushed: Scenario = {
  id: 'payments-flushed',
  about: 'FLUSHALL again and again while ten customers subscribe, and while they are paused and pay again',
  runs: { full: 2, quick: 0 },
  setting: { payments: true },
  run: async (stage) => {
    const { installation } = stage;
    await sendEvents(installation);
    const references = await whileFlushing(stage, () =>
      Promise.all(Array.from({ length: 10 }, () => subscribe(installation))),
    );
    const served = await Promise.all(references.map((reference) => untilServed(installation, reference)));
    for (const { act, status } of changes) {
      await whileFlushing(stage, () =>
        Promise.all(served.map(({ subscriptionId }) => happen(installation, subscriptionId, act))),
      );
      await Promise.all(served.map(({ serverId }) => installation.shop.until(serverId, status)));
    }
  },
};

/** Goes on for 3 s after the body, while its events come in. */
async function whileFlushing<T>({ installation, random }: Stage, body: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const flush = async () => {
    while (!stopping.signal.aborted) {
      await installation.redis.flush();
      await delay(random.between(50, 400));
    }
  };
  const flushing = flush();
  const result = await body();
  await delay(3_000);
  stopping.abort();
  await flushing;
  return result;
}

export const killedPayments: readonly Scenario[] = [...killedLooks, flushed];
