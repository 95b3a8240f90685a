import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { lastNewsSweepSetting, lastPaymentsSweepSetting } from '#db/settings.ts';
import { newsQueueName, paymentsQueueName } from '#queues/bullmq/connection.ts';
import { addUser, documentedRights, refusals } from '../least-rights.ts';
import { newWebhookSecret } from '../secrets-key.ts';
import { type Receiver, startReceiver } from '../webhook-receiver.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, expectMachines, soon } from './eventually.ts';
import { startMs, startPaying } from './paying.ts';

const news = { WEBHOOK_PRIVATE_ADDRESSES: 'allow' };

/** A consumer of the news of new servers. */
async function hook({ store }: World): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const { secretSealed } = newWebhookSecret('hook-1');
  const actor = { requestedBy: 'key:test', requestId: null, now: new Date() } as const;
  await store.addEndpoint({ id: 'hook-1', url: receiver.url, types: ['server.purchased'], secretSealed }, actor);
  return receiver;
}

describe('a worker', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.close());

  test('whose Redis user has the documented rights runs the whole life of servers', async () => {
    await world.startWorker({ REDIS_URL: await addUser(world.redis, documentedRights), REBUILD_GRACE_SECONDS: '1' });
    const ids = [await world.buy(), await world.buy()].map(({ server }) => server.id);
    const [first = '', second = ''] = ids;
    await allAre(world, ids, 'running');
    await world.rebuild(first);
    await world.destroy(second);
    await allAre(world, [second], 'destroyed');
    await allAre(world, [first], 'running');
    await vi.waitFor(() => expectMachines(world, [`gf-${first}-2`]), soon);
    expect(await refusals(world.redis)).toEqual([]);
  });

  test('records the refusal of each queue to whose keys its Redis user has no right', async () => {
    const missing = [paymentsQueueName, newsQueueName].map((queue) => `~bull:${queue}:*`);
    const rights = documentedRights.filter((right) => !missing.includes(right));
    await hook(world);
    await world.buy();
    await world.startWorker({ ...world.stripe, ...news, REDIS_URL: await addUser(world.redis, rights) });
    for (const setting of [lastPaymentsSweepSetting, lastNewsSweepSetting])
      await vi.waitFor(async () => {
        expect((await world.store.readSetting(setting))?.value).toEqual({
          succeededAt: null,
          error: expect.stringContaining('NOPERM'),
        });
      }, soon);
  });
});

test('an API and a worker with the documented rights sell to customers of Stripe, and send news', {
  timeout: startMs,
}, async () => {
  const paying = await startPaying({ rights: documentedRights, settings: news });
  onTestFinished(() => paying.close());
  const receiver = await hook(paying.world);
  await paying.buy('alice');
  await vi.waitFor(() => expect(receiver.accepted()).toHaveLength(1), soon);
  for (const setting of [lastPaymentsSweepSetting, lastNewsSweepSetting])
    await vi.waitFor(async () => {
      expect((await paying.world.store.readSetting(setting))?.value).toMatchObject({ error: null });
    }, soon);
  expect(await refusals(paying.world.redis)).toEqual([]);
});
