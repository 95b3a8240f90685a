import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { vultr } from '#src/cloud/vultr/vultr.ts';
import { createWorkerMetrics } from '#src/metrics/worker.ts';
import { openFetch } from '#src/outgoing/fetch.ts';
import { observedFetch, operationOf } from '#src/outgoing/observed-fetch.ts';
import { createStripe } from '#src/payments/stripe/stripe.ts';

const signal = new AbortController().signal;
/** Of a service that limits lists, knows nothing else, and hangs up on deletes. */
const server = createServer((request, response) => {
  if (request.method === 'DELETE') request.socket.destroy();
  else response.writeHead(request.url?.includes('?') ? 429 : 404, { 'content-type': 'application/json' }).end('{}');
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const urlOf = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

test('each call of a driver is counted by service, operation and status, and each 429', async () => {
  const { callEnded: observe, registry } = createWorkerMetrics();
  const apiUrl = urlOf('/v2');
  const fetch = observedFetch(openFetch(), { service: 'vultr', apiUrl, observe });
  const provider = vultr({ name: 'vultr', apiUrl, apiKey: 'key', fetch });
  await expect(provider.list('prod', signal)).rejects.toThrow();
  await expect(provider.remove('0d1f-5-a', signal)).rejects.toThrow();
  const text = await registry.metrics();
  expect(text).toMatch(/_call_seconds_count\{service="vultr",operation="GET \/instances",status="429"\} 1/);
  expect(text).toMatch(/_call_seconds_count\{service="vultr",operation="DELETE \/instances\/\{id\}",status="none"\} 1/);
  expect(text).toContain('ghostifi_provider_rate_limits_total{service="vultr"} 1');
});

test('the calls of Stripe are counted too, without their version and query', async () => {
  const { callEnded: observe, registry } = createWorkerMetrics();
  const stripe = createStripe({ apiKey: 'rk_test_1', apiUrl: urlOf('/stripe'), observe });
  await stripe.subscription('sub_1AbC', signal).catch(() => null);
  const text = await registry.metrics();
  expect(text).toContain('service="stripe",operation="GET /subscriptions/{id}"');
  expect(text).not.toContain('sub_1AbC');
});

test.each([
  ['/instances/cb676a46-66fd-4dfb-b839-443f2e6c0b60', '/instances/{id}'],
  ['/droplets/3164444/actions', '/droplets/{id}/actions'],
  ['/zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records', '/zones/{id}/dns_records'],
  ['/domains/vpn.example.com', '/domains/{id}'],
  ['/billing_portal/configurations', '/billing_portal/configurations'],
])('the operation of %s has no id', (path, shown) => {
  expect(operationOf('GET', path)).toBe(`GET ${shown}`);
});
