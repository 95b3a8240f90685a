import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeCertificates, type TestCertificates, whyNoCertificates } from '../certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../fakes/connect-proxy.ts';
import { startTlsFront, type TlsFront } from '../fakes/tls-front.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, expectMachines, soon } from './eventually.ts';

const unable = whyNoCertificates();
if (unable) test(`A worker behind a proxy is not tested: ${unable}.`, () => expect(unable).not.toBeNull());

let world: World;
let certificates: TestCertificates;
let proxy: ConnectProxy;
const fronts: TlsFront[] = [];

beforeAll(async () => {
  if (unable) return;
  world = await startWorld({ dns: true });
  certificates = makeCertificates();
  proxy = await startConnectProxy();
});
afterAll(async () => {
  await world?.close();
  await proxy?.close();
  for (const front of fronts) front.close();
  certificates?.remove();
});

/** The settings of a worker that reaches Redis and the cloud by TLS only, and the cloud through the proxy only. */
async function onOwnNetwork(): Promise<Record<string, string>> {
  const { port } = new URL(world.simulatorUrl);
  const [redis, cloud] = [
    await startTlsFront(certificates, world.redis.port),
    await startTlsFront(certificates, Number(port)),
  ];
  fronts.push(redis, cloud);
  return {
    REDIS_URL: `rediss://localhost:${redis.port}`,
    SIMULATOR_URL: `https://cloud.test:${cloud.port}/v2`,
    CLOUDFLARE_API_URL: `https://cloud.test:${cloud.port}/cloudflare/client/v4`,
    VPN_PROBE_AT: `127.0.0.1:${port}`,
    CA_FILE: certificates.caFile,
    HTTPS_PROXY: proxy.url,
  };
}

test.skipIf(unable !== null)(
  'a worker makes servers through a proxy, with certificates of an own authority',
  async () => {
    const { server } = await world.buy();
    const worker = await world.startWorker(await onOwnNetwork());
    await allAre(world, [server.id], 'running');
    await expectMachines(world, [`gf-${server.id}-1`]);
    expect(new Set(proxy.asked.map((line) => line.split(':')[0]))).toEqual(new Set(['CONNECT cloud.test']));
    expect(await worker.stop()).toBe(0);
  },
);

test.skipIf(unable !== null)(
  'while the proxy refuses, a purchase waits without an attempt, and its log says why',
  async () => {
    proxy.manner = 407;
    const { server, job } = await world.buy();
    const worker = await world.startWorker(await onOwnNetwork());
    const delayed = { kind: 'delayed', reason: expect.stringContaining('407') };
    await vi.waitFor(() => {
      const ended = { event: 'run-ended', jobId: job.id, end: expect.objectContaining(delayed) };
      expect(worker.lines).toContainEqual(expect.objectContaining(ended));
    }, soon);
    expect(JSON.stringify(worker.lines)).toContain(`HTTPS_PROXY is set: 127.0.0.1:${proxy.port}`);
    expect(JSON.stringify(worker.lines)).not.toMatch(/p@ss|p%40ss/);
    proxy.manner = 'open';
    await allAre(world, [server.id], 'running');
    await worker.stop();
  },
);
