import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ dns: true });
});
afterEach(() => world.close());

/**
 * Reads the records of the name continuously. `stop` returns each time that the name pointed at no running machine, and
 * the addresses that it pointed at, in their order.
 */
function watchName(hostname: string): { stop(): Promise<{ addresses: string[]; failures: string[] }> } {
  const stopping = new AbortController();
  const failures: string[] = [];
  const addresses = new Set<string>();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const pointed = (await world.records()).filter(({ name }) => name === hostname);
      const running = (await world.machines()).filter(({ state }) => state === 'active').map(({ ipv4 }) => ipv4);
      const ipv4 = pointed.filter(({ type }) => type === 'A').map(({ content }) => content);
      if (ipv4.length !== 1 || !running.includes(ipv4[0] ?? '')) failures.push(`${ipv4} of ${running}`);
      for (const address of ipv4) addresses.add(address);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      return { addresses: [...addresses], failures };
    },
  };
}

const contentOf = async (type: string) =>
  (await world.records()).filter((record) => record.type === type).map(({ content }) => content);

test('the name points at one running machine throughout a rebuild, and a destroy removes it', {
  timeout: 90_000,
}, async () => {
  await world.startWorker({ REBUILD_GRACE_SECONDS: '1' });
  const { server } = await world.buy();
  await allAre(world, [server.id], 'running');
  const [before] = await world.machines();
  expect(await contentOf('A')).toEqual([before?.ipv4]);
  expect(await contentOf('AAAA')).toHaveLength(1);

  const watch = watchName(server.hostname);
  await world.rebuild(server.id, 'ams');
  await vi.waitFor(
    async () => expect((await world.machines()).map(({ label }) => label)).toEqual([`gf-${server.id}-2`]),
    soon,
  );
  const { addresses, failures } = await watch.stop();
  expect(failures).toEqual([]);
  const [after] = await world.machines();
  expect(addresses).toEqual([before?.ipv4, after?.ipv4]);
  expect(await contentOf('A')).toEqual([after?.ipv4]);

  await world.destroy(server.id);
  await allAre(world, [server.id], 'destroyed');
  expect(await world.records()).toEqual([]);
  expect(await world.machines()).toEqual([]);
});

test('another worker completes a rebuild killed right after the switch, and the name always points at a machine', {
  timeout: 120_000,
}, async () => {
  const worker = await world.startWorker({ REBUILD_GRACE_SECONDS: '1' });
  const { server } = await world.buy();
  await allAre(world, [server.id], 'running');
  const watch = watchName(server.hostname);
  await world.fault({ kind: 'kill', operation: 'update-record' });
  await world.rebuild(server.id, 'ams');
  await worker.ended();
  await world.startWorker({ REBUILD_GRACE_SECONDS: '1' });
  await vi.waitFor(
    async () => expect((await world.machines()).map(({ label }) => label)).toEqual([`gf-${server.id}-2`]),
    { timeout: 60_000, interval: 100 },
  );
  expect((await watch.stop()).failures).toEqual([]);
  expect((await world.calls()).filter(({ operation }) => operation === 'create')).toHaveLength(2);
});

test('a DNS that refuses the token uses no attempt: the create waits with its machine, and an alert is raised', {
  timeout: 90_000,
}, async () => {
  await world.fault({ kind: 'status', operation: 'create-record', status: 403, error: 'Authentication error' });
  await world.startWorker();
  const { server, job } = await world.buy();
  await vi.waitFor(async () => {
    const { recorded } = await world.store.readTroubles({ unservedSince: new Date(0), slowSince: new Date(0) });
    expect(recorded.map(({ id }) => id)).toEqual(['dns-refuses:point']);
  }, soon);
  expect(await world.machines()).toHaveLength(1);
  expect(await world.store.readServer(server.id)).toMatchObject({ server: { status: 'installing' } });
  const put = await world.connection.queue.getJob(job.id);
  expect([put?.attemptsMade, await put?.getState()]).toEqual([0, 'delayed']);
});
