import dns from 'node:dns';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { ProviderError } from '#queues/ports/provider.ts';
import { cloudHttp } from '#src/cloud/http-client.ts';
import { prepareConnections } from '#src/outgoing/prepare.ts';
import { startSilentAddress } from '../../fakes/silent-address.ts';
import { json, oddServer } from '../cloud/odd-server.ts';

beforeEach(() => prepareConnections([]));
afterEach(() => vi.restoreAllMocks());

/** Linux has the whole network 127.0.0.0/8, and keeps connections waiting while a port's queue is full. */
const onLinux = test.skipIf(process.platform !== 'linux');

/** From now on every name has these addresses, in this order. */
function resolveTo(addresses: readonly string[], resolved: () => void = () => undefined): void {
  type Resolved = (error: null, found: { address: string; family: number }[]) => void;
  const answer = (_name: string, _options: object, done: Resolved) => {
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
    setImmediate(resolved);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(answer as unknown as typeof dns.lookup);
}

const answer = z.object({ id: z.string() });
const never = new AbortController().signal;

/** Orders a machine at that port of cloud.test. */
function order(port: number, deadlineMs = 10_000): Promise<unknown> {
  const apiUrl = `http://cloud.test:${port}`;
  const http = cloudHttp({
    provider: 'cloud',
    apiUrl,
    apiKey: 'k',
    deadlineMs,
    errorMessageIn: () => null,
    meaningOf: () => null,
  });
  return http({ method: 'POST', path: '/machines', body: {}, answer, signal: never, creates: true });
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => error,
  );
}

async function startCloud() {
  const cloud = await oddServer((_request, response) => json(response, 202, { id: 'made' }));
  return { ...cloud, port: Number(new URL(cloud.url).port) };
}

async function silentAt(host: string, port = 0) {
  const silent = await startSilentAddress(host, port);
  onTestFinished(() => silent.close());
  return silent;
}

test.each([
  ['the dead family first', ['::1', '127.0.0.1']],
  ['the dead family last', ['127.0.0.1', '::1']],
])('an order at a name with a family that refuses is made once: %s', async (_which, addresses) => {
  const cloud = await startCloud();
  resolveTo(addresses);
  expect(await order(cloud.port)).toEqual({ id: 'made' });
  expect(cloud.asked).toEqual(['POST /machines']);
});

onLinux('an order at a name whose first address is silent is made once, at the second', async () => {
  const cloud = await startCloud();
  await silentAt('127.0.0.2', cloud.port);
  resolveTo(['127.0.0.2', '127.0.0.1']);
  expect(await order(cloud.port)).toEqual({ id: 'made' });
  expect(cloud.asked).toEqual(['POST /machines']);
});

onLinux('an address that takes a second is not given up for one that is dead', async () => {
  const slow = await silentAt('127.0.0.1');
  resolveTo(['127.0.0.1', '::1'], slow.accept);
  // It answers no JSON, so it has received the order.
  expect(await errorOf(order(slow.port))).toMatchObject({
    fault: 'unknown',
    message: expect.stringContaining('not JSON'),
  });
});

onLinux('an order at a name whose addresses are all dead was surely not sent, and the error names them', async () => {
  const { port } = await silentAt('127.0.0.2');
  resolveTo(['127.0.0.2', '127.0.0.3']);
  const error = await errorOf(order(port));
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({ fault: 'unavailable', madeNothing: true });
  expect(String(error)).toContain(`connect ETIMEDOUT 127.0.0.2:${port}, connect ECONNREFUSED 127.0.0.3:${port}`);
});

onLinux('an order whose time ends before a connection is open was surely not sent', async () => {
  const { port } = await silentAt('127.0.0.2');
  resolveTo(['127.0.0.2']);
  const error = await errorOf(order(port, 300));
  expect(error).toMatchObject({ fault: 'unavailable', madeNothing: true, message: expect.stringContaining('300 ms') });
});

test('an order that was sent and whose time ends may have been received', async () => {
  const cloud = await oddServer(() => undefined);
  resolveTo(['127.0.0.1']);
  const error = await errorOf(order(Number(new URL(cloud.url).port), 300));
  expect(error).toMatchObject({ fault: 'unknown', madeNothing: false });
  expect(cloud.asked).toEqual(['POST /machines']);
});
