import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { prepareConnections } from '#src/outgoing/prepare.ts';
import { makeCertificates, type TestCertificates, whyNoCertificates } from '../certificates.ts';
import { hasProgram } from '../programs.ts';
import { startTestApi, type TestApi } from '../src/http/api-under-test.ts';
import { secrets } from '../src/http/call-and-check.ts';
import { type SwitchingProxy, startSwitchingProxy } from '../switching-proxy.ts';
import { type ReverseProxy, startCaddy, startNginx } from './reverse-proxy.ts';

const usualAuthorities = getCACertificates('default');
let certificates: TestCertificates;
beforeAll(() => {
  if (whyNoCertificates()) return;
  certificates = makeCertificates();
  prepareConnections([certificates.ca]);
});
afterAll(() => {
  setDefaultCACertificates(usualAuthorities);
  certificates?.remove();
});

const withoutPort = (sample: string) => sample.replaceAll('$http_host', '$host');
const proxies = [
  { name: 'nginx', program: 'nginx', logs: true, start: startNginx },
  {
    name: 'nginx that leaves the port out of Host',
    program: 'nginx',
    logs: true,
    start: (options: Parameters<typeof startNginx>[0]) => startNginx({ ...options, change: withoutPort }),
  },
  { name: 'Caddy', program: 'caddy', logs: false, start: startCaddy },
] as const;

for (const { name, program, ...proxied } of proxies) {
  const unable =
    whyNoCertificates() ?? (hasProgram(program) ? null : `Debian's package of ${program} is not installed`);
  if (unable) test(`The service behind ${name} is not tested: ${unable}.`, () => expect(unable).not.toBeNull());
  describe.skipIf(unable !== null)(`behind ${name}`, () => behindProxy(proxied));
}

function behindProxy({ logs, start }: Pick<(typeof proxies)[number], 'logs' | 'start'>): void {
  let api: TestApi;
  let counted: SwitchingProxy;
  let proxy: ReverseProxy;
  beforeEach(async () => {
    api = await startTestApi({ trustProxy: 1, maxStreams: 4 });
    counted = await startSwitchingProxy(api.port);
    proxy = await start({ certificates, target: counted.port });
  });
  afterEach(async () => {
    await proxy?.close();
    counted.close();
    await api.close();
  });

  const as = (role: keyof typeof secrets) => ({ authorization: `Bearer ${secrets[role]}` });
  /** The headers that a browser adds to the form of our own page. */
  const fromOwnPage = () => ({ origin: proxy.url, 'sec-fetch-site': 'same-origin' });
  const signIn = (token: string, headers: Record<string, string>) =>
    fetch(`${proxy.url}/admin/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token, next: '' }).toString(),
    });
  const buy = (key: string, body: object) =>
    fetch(`${proxy.url}/v1/purchases`, {
      method: 'POST',
      headers: { ...as('storefront'), 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ customer: 'c-1', location: 'ams', ...body }),
    });

  test('a person signs in at another port than 443, and the cookie is for https only', async () => {
    const response = await signIn(secrets.operator, fromOwnPage());
    expect([response.status, response.headers.get('location')]).toEqual([303, '/admin/queues']);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('; Secure');
    const board = await fetch(`${proxy.url}/admin/queues`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(await board.text()).toBe('the board');
  });

  test('a page of another site signs nobody in', async () => {
    for (const headers of [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, { origin: 'null' }])
      expect((await signIn(secrets.operator, headers)).status).toBe(403);
  });

  test('a client cannot say which host it has called', async () => {
    const headers = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' };
    expect((await signIn(secrets.operator, headers)).status).toBe(403);
  });

  test('the address of a customer’s page is in no log, since it is a key', async () => {
    await fetch(`${proxy.url}/s/key-of-the-page`);
    await fetch(`${proxy.url}/livez?last`);
    if (logs) await vi.waitFor(() => expect(proxy.accessLog).toContain('GET /livez?last'));
    expect(proxy.accessLog).not.toContain('key-of-the-page');
  });

  test('a client is known by its own address, whatever it says in X-Forwarded-For', async () => {
    await signIn('wrong', { ...fromOwnPage(), 'x-forwarded-for': '203.0.113.7' });
    expect(api.surroundings.log).toContainEqual(
      expect.objectContaining({ event: 'dashboard-sign-in-failed', address: '127.0.0.1' }),
    );
  });

  test('purchases are accepted over one connection of a pool, and lead to paths without a host', async () => {
    const before = counted.connections;
    for (let n = 0; n < 20; n += 1) {
      const response = await buy(`key-${n}`, {});
      expect(response.status).toBe(202);
      expect(response.headers.get('location')).toMatch(/^\/v1\/jobs\/[a-z0-9-]+$/);
    }
    expect(counted.connections - before).toBeLessThanOrEqual(1);
  });

  test('the answers to bodies that are too long or wrong arrive as they are', async () => {
    const long = await buy('long', { reference: 'x'.repeat(100_000) });
    expect([long.status, long.headers.get('content-type')]).toEqual([413, 'application/problem+json; charset=utf-8']);
    expect((await buy('wrong', { colour: 'red' })).status).toBe(422);
    expect((await buy('right', {})).status).toBe(202);
  });

  test('each event of a stream arrives when it happens', async () => {
    const { jobId } = await api.buy();
    api.surroundings.jobs.set(jobId, {
      progress: { step: 'one', percent: 10 },
      attempts: 0,
      running: true,
      error: null,
    });
    const stream = await fetch(`${proxy.url}/v1/jobs/${jobId}/events`, { headers: as('viewer') });
    let text = '';
    const read = (async () => {
      for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    })();
    await vi.waitFor(() => expect(text).toContain('"percent":10'), 5_000);
    api.surroundings.jobs.set(jobId, {
      progress: { step: 'two', percent: 60 },
      attempts: 0,
      running: true,
      error: null,
    });
    await vi.waitFor(() => expect(text).toContain('"percent":60'), 5_000);
    expect(text).not.toContain('event: end');
    api.services.streams.endAll();
    await read;
  });
}
