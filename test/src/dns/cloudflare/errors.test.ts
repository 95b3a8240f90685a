import { describe, expect, it } from 'vitest';
import { cloudflare } from '#src/dns/cloudflare/cloudflare.ts';
import { json, oddServer } from '../../cloud/odd-server.ts';
import { faultOf, hostname, never, setUp } from './scene.ts';

const v4 = { ipv4: '198.18.0.3', ipv6: null };
const envelope = (code: number, message: string) => ({
  success: false,
  errors: [{ code, message }],
  messages: [],
  result: null,
});

async function answeredBy(status: number, body: object, headers: Record<string, string> = {}) {
  const server = await oddServer((_request, response) => json(response, status, body, headers));
  return cloudflare({ apiUrl: server.url, apiToken: 'token-of-ours', installation: 'test' });
}

describe("Cloudflare's errors", () => {
  it.each([
    [403, 9109, 'Invalid access token', 'not-allowed'],
    [401, 10000, 'Authentication error', 'not-allowed'],
    [400, 6003, 'Invalid request headers', 'not-allowed'],
    [400, 10000, 'Authentication error', 'not-allowed'],
    [400, 6103, 'Invalid format for X-Auth-Key header', 'not-allowed'],
    [400, 9103, 'Unknown X-Auth-Key or X-Auth-Email', 'not-allowed'],
    [400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers', 'not-allowed'],
    [405, 10405, 'Method not allowed for this auth scheme', 'not-allowed'],
    [400, 10502, 'Too many authentication failures', 'not-allowed'],
    [400, 1000, 'Invalid API Token', 'not-allowed'],
    [400, 1068, 'Permission denied', 'not-allowed'],
    [400, 1120, 'The account of this zone is suspended', 'not-allowed'],
    [400, 10429, 'Rate limited', 'rate-limited'],
    [400, 7000, 'No route for that URI', 'unavailable'],
    [400, 81053, 'A record of this account with that host already exists', 'rejected'],
    [400, 9005, 'Content for A record is not allowed', 'rejected'],
    [429, 10100, 'Please wait and consider throttling your request speed', 'rate-limited'],
    [500, 10001, 'internal error', 'unavailable'],
    [502, 10001, 'bad gateway', 'unavailable'],
    [400, 1004, 'DNS Validation Error', 'rejected'],
    [400, 81045, 'Record quota exceeded', 'rejected'],
    [404, 7003, 'Could not route', 'unavailable'],
  ])('%i with code %i "%s" means %s', async (status, code, message, fault) => {
    const dns = await answeredBy(status, envelope(code, message));
    expect(await faultOf(dns.read(hostname, never))).toBe(fault);
  });

  it('the code of the key counts wherever it stands', async () => {
    const errors = [
      { code: 1004, message: 'DNS Validation Error' },
      { code: 9106, message: 'Missing headers' },
    ];
    const dns = await answeredBy(400, { success: false, errors, messages: [], result: null });
    expect(await faultOf(dns.read(hostname, never))).toBe('not-allowed');
  });

  it('a 200 without success counts as no answer', async () => {
    const dns = await answeredBy(200, { success: false, errors: [], messages: [], result: [], result_info: {} });
    expect(await faultOf(dns.read(hostname, never))).toBe('rejected');
  });

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{}, 60_000],
  ])('a 429 with the headers %j gives a wait of %i ms', async (headers, retryAfterMs) => {
    const dns = await answeredBy(429, envelope(10100, 'Slow down'), headers);
    await expect(dns.read(hostname, never)).rejects.toMatchObject({ fault: 'rate-limited', retryAfterMs });
  });

  it('never quote the token', async () => {
    const dns = await answeredBy(400, envelope(1004, 'What is token-of-ours?'));
    await expect(dns.read(hostname, never)).rejects.toThrow(/1004: What is \[secret\]\?/);
  });

  it('a full zone is reported with advice', async () => {
    const dns = await answeredBy(400, envelope(81045, 'Record quota exceeded.'));
    await expect(dns.point(hostname, v4, never)).rejects.toThrow(/81045: Record quota .* Each server uses two/);
  });

  it('a domain without a zone of the token is a fault of that name, and the error names it', async () => {
    const dns = await answeredBy(200, {
      success: true,
      errors: [],
      messages: [],
      result: [],
      result_info: { page: 1, per_page: 50, count: 0, total_count: 0 },
    });
    const pointed = dns.point(hostname, v4, never);
    await expect(pointed).rejects.toMatchObject({ fault: 'no-zone' });
    await expect(pointed).rejects.toThrow(/no zone for vpn\.example\.com \(tried vpn\.example\.com, example\.com\)/);
    expect(await dns.read(hostname, never)).toEqual([]);
    await dns.remove(hostname, [v4.ipv4], never);
  });

  it.each([
    ['list-records', 'status'],
    ['create-record', 'status'],
    ['create-record', 'garbage'],
    ['create-record', 'half-body'],
    ['create-record', 'lost'],
  ])('a %s that ends with %s is completed by the next call', async (operation, kind) => {
    const { dns, simulator, records } = await setUp();
    await simulator.injectFault({ kind, operation, ...(kind === 'status' && { status: 503 }) });
    expect(await faultOf(dns.point(hostname, v4, never))).toBe('unavailable');
    await dns.point(hostname, v4, never);
    expect(await records()).toEqual([`${hostname} A 198.18.0.3`]);
  });

  it('a removal whose answer is lost is completed by the next call', async () => {
    const { dns, simulator, records } = await setUp();
    await dns.point(hostname, v4, never);
    await simulator.injectFault({ kind: 'lost', operation: 'delete-record' });
    expect(await faultOf(dns.remove(hostname, [v4.ipv4], never))).toBe('unavailable');
    await dns.remove(hostname, [v4.ipv4], never);
    expect(await records()).toEqual([]);
  });

  it('a name with a CNAME is not changed', async () => {
    const { dns, put, records } = await setUp();
    await put('CNAME', 'elsewhere.example.com');
    expect(await faultOf(dns.point(hostname, v4, never))).toBe('rejected');
    expect(await records()).toEqual([`${hostname} CNAME elsewhere.example.com`]);
  });

  it('the call fails if the list never shows the written record', async () => {
    const { dns, simulator } = await setUp();
    const body = {
      success: true,
      errors: [],
      messages: [],
      result: [],
      result_info: { page: 1, per_page: 100, count: 0, total_count: 0 },
    };
    await simulator.injectFault({ kind: 'status', operation: 'list-records', status: 200, body, times: null });
    expect(await faultOf(dns.point(hostname, v4, never))).toBe('unavailable');
  });

  it.each([
    ['was created again', 404, 7003, 'unavailable'],
    ['was moved to another account', 403, 9109, 'not-allowed'],
  ])('a zone that %s is found again', async (_, status, code, fault) => {
    const { dns, simulator, records } = await setUp();
    await dns.point(hostname, v4, never);
    const body = envelope(code, 'Not this one.');
    await simulator.injectFault({ kind: 'status', operation: 'list-records', status, body });
    expect(await faultOf(dns.read(hostname, never))).toBe(fault);
    expect(await dns.read(hostname, never)).toEqual([v4.ipv4]);
    expect((await simulator.calls()).filter(({ operation }) => operation === 'zones').length).toBeGreaterThan(3);
    expect(await records()).toHaveLength(1);
  });

  it('an abort ends a call with its reason', async () => {
    const { dns, simulator } = await setUp();
    await simulator.injectFault({ kind: 'hang', operation: 'create-record' });
    const stop = new AbortController();
    const pointed = dns.point(hostname, v4, stop.signal);
    setTimeout(() => stop.abort(new Error('stopped')), 50);
    await expect(pointed).rejects.toThrow('stopped');
  });
});
