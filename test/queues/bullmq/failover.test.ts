import { afterEach, describe, expect, test, vi } from 'vitest';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { withRedis } from '../../redis.ts';
import { type RedisProcess, startRedisProcess, whyNoRedisProcess } from '../../redis-process.ts';
import { masterName, SentinelGroup } from '../../sentinels.ts';
import { type SwitchingProxy, startSwitchingProxy } from '../../switching-proxy.ts';
import { quiet } from '../../world.ts';

const reason = whyNoRedisProcess();
if (reason) test.skip(`Redis's failovers are NOT TESTED: ${reason}`);

describe.skipIf(reason !== null)('a connection', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const opened = (connection: QueueConnection) => {
    closing.push(() => connection.close());
    return connection;
  };
  const soon = { timeout: 20_000, interval: 50 };
  const lookFor = (value: string, { redis }: QueueConnection) =>
    vi.waitFor(async () => expect(await redis.get('who')).toBe(value), { timeout: 40_000, interval: 100 });

  async function twoServers(): Promise<{ proxy: SwitchingProxy; one: RedisProcess; two: RedisProcess }> {
    const [one, two] = await Promise.all([startRedisProcess(), startRedisProcess()]);
    const proxy = await startSwitchingProxy(one.port);
    closing.push(
      () => one.stop(),
      () => two.stop(),
      async () => proxy.close(),
    );
    await withRedis(one, (redis) => redis.set('who', 'one'));
    await withRedis(two, (redis) => redis.set('who', 'two'));
    return { proxy, one, two };
  }

  const group = async () => {
    const sentinels = await SentinelGroup.start();
    closing.push(() => sentinels.stop());
    return sentinels;
  };
  const bySentinels = ({ addresses }: SentinelGroup) => ({
    url: 'redis://by-sentinels',
    sentinels: { addresses, master: masterName, password: null },
  });

  test.each(['is killed', 'becomes a replica'])(
    'finds the new primary by Sentinels if the old one %s',
    async (what) => {
      const sentinels = await group();
      const { redis } = opened(openQueue(bySentinels(sentinels), quiet));
      await redis.set('who', 'first');
      const { port } = sentinels;
      const writing = vi.waitFor(async () => {
        await redis.set('who', 'second');
        expect(sentinels.port).not.toBe(port);
      }, soon);
      if (what === 'is killed') await sentinels.kill9();
      else await sentinels.failOver();
      await writing;
      expect(await withRedis(sentinels, (primary) => primary.get('who'))).toBe('second');
    },
  );

  test('asks the next Sentinel if one hangs', async () => {
    const sentinels = await group();
    sentinels.freezeSentinel();
    const { redis } = opened(openQueue(bySentinels(sentinels), quiet));
    expect(await redis.ping()).toBe('PONG');
  });

  test('logs the cause if the Sentinels do not have the name of the primary', async () => {
    const { addresses } = await group();
    const warn = vi.fn();
    const sentinels = { addresses, master: 'another', password: null };
    opened(openQueue({ url: 'redis://by-sentinels', sentinels }, { ...quiet, warn }));
    await vi.waitFor(() => expect(warn).toHaveBeenCalled(), soon);
    expect(warn.mock.calls[0]?.[0].error).toMatch(/All sentinels are unreachable.* No such master/);
  });

  test('whose server becomes a read-only replica leads to the next one behind the name', async () => {
    const { proxy, one, two } = await twoServers();
    const connection = opened(openQueue({ url: `redis://127.0.0.1:${proxy.port}` }, quiet));
    await lookFor('one', connection);
    await withRedis(one, (redis) => redis.replicaof('127.0.0.1', two.port));
    proxy.leadTo(two.port);
    await expect(connection.redis.set('written', 'x')).rejects.toThrow('READONLY');
    await lookFor('two', connection);
  });

  test('whose server disappears without a word leads to the next one behind the name, within 25 s', async () => {
    const { proxy, two } = await twoServers();
    const connection = opened(openQueue({ url: `redis://127.0.0.1:${proxy.port}` }, quiet));
    await lookFor('one', connection);
    proxy.leadTo(two.port);
    proxy.silence();
    const silentAt = performance.now();
    await lookFor('two', connection);
    expect(performance.now() - silentAt).toBeLessThan(25_000);
  });
});
