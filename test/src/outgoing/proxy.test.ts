import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { boundedBody } from '#src/cloud/bounded-body.ts';
import { type Answer, openFetch } from '#src/outgoing/fetch.ts';
import { NeverSent } from '#src/outgoing/never-sent.ts';
import { prepareConnections } from '#src/outgoing/prepare.ts';
import { noProxy, type ProxySettings } from '#src/outgoing/proxy.ts';
import { makeCertificates, type TestCertificates, whyNoCertificates } from '../../certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../../fakes/connect-proxy.ts';
import { oddServer } from '../cloud/odd-server.ts';

const unable = whyNoCertificates();
const withCertificates = test.skipIf(unable !== null);
if (unable) test(`The calls through a proxy are not tested: ${unable}.`, () => expect(unable).not.toBeNull());

const usualAuthorities = getCACertificates('default');
let certificates: TestCertificates;
let cloud: ReturnType<typeof createServer>;
let port: number;
/** The requests that the cloud has received, with their bodies. */
let received: string[];
let proxy: ConnectProxy;

beforeAll(async () => {
  if (unable) return;
  certificates = makeCertificates();
  cloud = createServer(certificates.server, async (request, response) => {
    received.push(`${request.method} ${request.url} ${await text(request)}`);
    if (request.url === '/lost') return void request.socket.destroy();
    response.end('the answer');
  });
  await new Promise<void>((resolve) => cloud.listen(0, '127.0.0.1', resolve));
  port = (cloud.address() as AddressInfo).port;
});
afterAll(() => {
  cloud?.closeAllConnections();
  cloud?.close();
  certificates?.remove();
});
beforeEach(async () => {
  received = [];
  setDefaultCACertificates(usualAuthorities);
  if (!unable) prepareConnections([certificates.ca]);
  proxy = await startConnectProxy();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
});

const order = { method: 'POST', headers: {}, body: 'order', signal: new AbortController().signal };
const throughProxy = (settings: Partial<ProxySettings> = {}) =>
  openFetch({ ...noProxy, url: proxy.url, except: '', ...settings });
const bodyOf = async (answer: Promise<Answer>) => boundedBody(await answer, 1_000);
const errorOf = (answer: Promise<unknown>): Promise<Error> =>
  answer.then(
    () => Promise.reject(new Error('The call was answered.')),
    (error) => error,
  );

withCertificates('without the authority nothing is sent, and the error names CA_FILE', async () => {
  setDefaultCACertificates(usualAuthorities);
  for (const fetch of [openFetch(), throughProxy()]) {
    const error = await errorOf(fetch(`https://localhost:${port}/v2`, order));
    expect(error).toBeInstanceOf(NeverSent);
    expect(error.message).toMatch(/^[A-Z_]+: CA_FILE must hold the authority that signed the certificate/);
  }
  prepareConnections([certificates.ca]);
  expect(await bodyOf(openFetch()(`https://localhost:${port}/v2`, order))).toBe('the answer');
  expect(received).toEqual(['POST /v2 order']);
});

withCertificates(
  'a call to an https address goes through the proxy, with its password, and so does the next',
  async () => {
    const fetch = throughProxy();
    // Only the proxy knows this host.
    expect(await bodyOf(fetch(`https://cloud.test:${port}/v2/machines`, order))).toBe('the answer');
    expect(await bodyOf(fetch(`https://cloud.test:${port}/v2/account`, { ...order, method: 'GET', body: null }))).toBe(
      'the answer',
    );
    expect(received).toEqual(['POST /v2/machines order', 'GET /v2/account ']);
    expect(proxy.asked).toEqual([`CONNECT cloud.test:${port} user:p@ss`]);
  },
);

withCertificates('a call that is lost after it went through the tunnel may have had an effect', async () => {
  const error = await errorOf(throughProxy()(`https://cloud.test:${port}/lost`, order));
  expect(error).not.toBeInstanceOf(NeverSent);
  expect(received).toEqual(['POST /lost order']);
});

withCertificates('a host of NO_PROXY is called directly', async () => {
  const fetch = throughProxy({ except: `other.test,localhost:${port}` });
  expect(await bodyOf(fetch(`https://localhost:${port}/v2`, order))).toBe('the answer');
  expect(proxy.asked).toEqual([]);
});

test('an http address is called directly, whatever proxy the environment names', async () => {
  vi.stubEnv('HTTP_PROXY', proxy.url);
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  const plain = await oddServer((_request, response) => void response.end('plain'));
  expect(await bodyOf(throughProxy()(`${plain.url}/v2`, order))).toBe('plain');
  expect(proxy.asked).toEqual([]);
});

test.each([
  [407, 'HTTP/1.1 407 No'],
  [502, 'HTTP/1.1 502 No'],
  ['hang-up', 'ended unexpectedly'],
] as const)('a proxy that answers %s is asked once, and nothing is sent', async (manner, reason) => {
  proxy.manner = manner;
  const error = await errorOf(throughProxy({ except: 'a.test' })('https://cloud.test/v2', order));
  expect(error).toBeInstanceOf(NeverSent);
  expect(error.message).toContain(reason);
  expect(error.message).toContain(`(HTTPS_PROXY is set: 127.0.0.1:${proxy.port}, except a.test)`);
  expect(error.message).not.toMatch(/p@ss|p%40ss/);
  expect(proxy.asked).toEqual(['CONNECT cloud.test:443 user:p@ss']);
});

test('the end of a call also ends its wait for a silent proxy, and nothing is sent', async () => {
  proxy.manner = 'silence';
  const call = new AbortController();
  const error = errorOf(throughProxy()('https://cloud.test/v2', { ...order, signal: call.signal }));
  await vi.waitFor(() => expect(proxy.asked).toHaveLength(1));
  call.abort(new Error('timed out after 15000 ms'));
  expect(await error).toBeInstanceOf(NeverSent);
  expect((await error).message).toContain('timed out after 15000 ms');
});

test.each([
  ['http://127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
  ['http://proxy.invalid:3128', 'getaddrinfo E'],
])('the error of a call through the dead proxy %s names the variable', async (url, reason) => {
  const error = await errorOf(throughProxy({ url })('https://cloud.test/v2', order));
  expect(error).toBeInstanceOf(NeverSent);
  expect(error.message).toContain(reason);
  expect(error.message).toContain(`HTTPS_PROXY is set: ${new URL(url).host}`);
});

test('the error of a call without HTTPS_PROXY names another variable that has no effect', async () => {
  const fetch = openFetch({ ...noProxy, ignored: 'ALL_PROXY' });
  const error = await errorOf(fetch('https://127.0.0.1:1/v2', order));
  expect(error.message).toBe('connect ECONNREFUSED 127.0.0.1:1 (ALL_PROXY is set, but only HTTPS_PROXY is used)');
  expect((await errorOf(fetch('http://127.0.0.1:1/v2', order))).message).toBe('connect ECONNREFUSED 127.0.0.1:1');
});
