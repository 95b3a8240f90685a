import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { prepareConnections } from '#src/outgoing/prepare.ts';
import { noProxy } from '#src/outgoing/proxy.ts';
import { createStripe } from '#src/payments/stripe/stripe.ts';
import { makeCertificates, whyNoCertificates } from '../../certificates.ts';
import { startConnectProxy } from '../../fakes/connect-proxy.ts';
import { signal } from '../simulator/stripe/simulated-stripe.ts';

const unable = whyNoCertificates();
if (unable) test(`The calls of Stripe through a proxy are not tested: ${unable}.`, () => expect(unable).not.toBeNull());

/** A Stripe that only the proxy can reach, at an https address with a certificate of an own authority. */
async function stripeBehindProxy() {
  const usual = getCACertificates('default');
  const certificates = makeCertificates();
  prepareConnections([certificates.ca]);
  const received: string[] = [];
  const server = createServer(certificates.server, ({ method, url }, response) => {
    received.push(`${method} ${url}`);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"code":"resource_missing"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = await startConnectProxy();
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await proxy.close();
    certificates.remove();
    setDefaultCACertificates(usual);
  });
  return { apiUrl: `https://cloud.test:${port}`, port, proxy, received };
}

test.skipIf(unable !== null)('Stripe is called through the proxy, and without it not at all', async () => {
  const { apiUrl, port, proxy, received } = await stripeBehindProxy();
  const options = { apiKey: 'rk_test_1', apiUrl };
  const through = createStripe({ ...options, proxy: { ...noProxy, url: proxy.url } });
  expect(await through.subscription('sub_1', signal)).toBeNull();
  expect(received).toContainEqual(expect.stringMatching(/^GET \/v1\/subscriptions\/sub_1/));
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT cloud.test:${port} user:p@ss`]));
  const { length } = received;
  await expect(createStripe(options).subscription('sub_1', signal)).rejects.toMatchObject({ fault: 'unavailable' });
  expect(received).toHaveLength(length);
});
