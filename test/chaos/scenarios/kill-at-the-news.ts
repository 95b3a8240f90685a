import { setTimeout as delay } from 'node:timers/promises';
import { addConsumer, type Consumer, expectWholeLife, toThisHost } from '../consumer.ts';
import type { RedisCommand } from '../redis-proxy.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { serverOf } from './life.ts';

const queue = 'bull:news';

/** Arms a kill for the next message, and resolves once it has struck. */
type Inject = (stage: Stage, consumer: Consumer) => Promise<unknown>;

function atRedis(matches: (command: RedisCommand) => boolean, reachesRedis: boolean): Inject {
  return ({ installation }) => installation.killOnCommand({ group: 'workers', matches, reachesRedis });
}

const names = (command: RedisCommand, name: string) => String(command[0]).toUpperCase() === name;
const isAbout = (command: RedisCommand, text: string) => command.some((argument) => argument.includes(text));

/** Kills every worker while the consumer has the message and has not answered. */
const whileSending: Inject = async ({ installation }, { receiver }) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { answer } = receiver;
  receiver.answer = () => {
    receiver.answer = answer;
    for (const worker of installation.workers) worker.signal('SIGKILL');
    resolve();
    return { status: 204, delayMs: 500 };
  };
  await promise;
};

/** Every await of `deliver`, in its order. */
const points: readonly { id: string; about: string; inject: Inject }[] = [
  {
    id: 'kill-news-found',
    about: 'kill -9 of the worker whose sweep has found a message, before it publishes it',
    inject: atRedis((command) => isAbout(command, '"publishedBy"') && isAbout(command, queue), false),
  },
  {
    id: 'kill-news-read',
    about: 'kill -9 of the worker that has read a message and takes a slot to send it',
    inject: atRedis((command) => names(command, 'SET') && isAbout(command, `${queue}:sending:`), true),
  },
  {
    id: 'kill-news-sending',
    about: 'kill -9 of every worker while the consumer has a message and has not answered',
    inject: whileSending,
  },
  {
    id: 'kill-news-sent',
    about: 'kill -9 of the worker that has the answer of the consumer, before its transaction',
    inject: atRedis((command) => names(command, 'EVAL') && isAbout(command, `${queue}:sending:`), false),
  },
  {
    id: 'kill-news-untold',
    about: 'kill -9 of the worker after the commit of a delivery, before the reply to BullMQ',
    inject: atRedis((command) => command.some((argument) => String(argument) === `${queue}:completed`), false),
  },
];

const setting = { proxied: true, workerEnv: toThisHost, apiEnv: toThisHost };

const killed = points.map(
  ({ id, about, inject }): Scenario => ({
    id,
    about: `${about}; in a purchase and a destroy`,
    runs: { full: 7, quick: id === 'kill-news-sent' ? 1 : 0 },
    setting,
    run: async (stage) => {
      const { shop } = stage.installation;
      const consumer = await addConsumer(stage);
      const [, bought] = await Promise.all([inject(stage, consumer), shop.buy()]);
      const serverId = serverOf(bought);
      await shop.until(serverId, 'running');
      await Promise.all([inject(stage, consumer), shop.destroy(serverId)]);
      await shop.until(serverId, 'destroyed');
      await consumer.check();
      expectWholeLife(stage, consumer.receiver, serverId);
    },
  }),
);

const flushed: Scenario = {
  id: 'news-flushed',
  about: 'FLUSHALL again and again while ten servers are bought and destroyed, and their news is sent',
  runs: { full: 2, quick: 0 },
  setting: { workerEnv: toThisHost, apiEnv: toThisHost },
  run: async (stage) => {
    const { installation, random } = stage;
    const consumer = await addConsumer(stage);
    consumer.receiver.answer = () => ({ status: 204, delayMs: random.between(0, 200) });
    const stopping = new AbortController();
    const flush = async () => {
      while (!stopping.signal.aborted) {
        await installation.redis.flush();
        await delay(random.between(50, 400));
      }
    };
    const flushing = flush();
    const bought = await Promise.all(Array.from({ length: 10 }, () => installation.shop.buy()));
    const ids = bought.map(serverOf);
    await delay(3_000);
    stopping.abort();
    await flushing;
    await Promise.all(ids.map((id) => installation.shop.until(id, 'running')));
    await Promise.all(ids.map((id) => installation.shop.destroy(id)));
    await until('the end of ten servers', async () => {
      const servers = await Promise.all(ids.map((id) => installation.shop.server(id)));
      return servers.every((server) => server?.status === 'destroyed');
    });
    await consumer.check();
    for (const id of ids) expectWholeLife(stage, consumer.receiver, id);
  },
};

export const killedNews: readonly Scenario[] = [...killed, flushed];
