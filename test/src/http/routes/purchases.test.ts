import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { made, settle } from '../../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ dns: 'cloudflare' });
});
afterAll(() => api.close());

/** Text with a special meaning in a shell, YAML, a header, a config file, or a host name. */
const hostile = fc.constantFrom(
  ...[
    '$(reboot)',
    '`id`',
    "'; rm -rf / #",
    '\u0024{IFS}',
    '| nc',
    '&& true',
    '\\',
    '"',
    "'",
    '%0d%0a',
    '%',
    '../../etc',
  ],
  ...['\r\nSet-Cookie: a=b', '\n[Peer]\nPublicKey = x', '\n- runcmd: [reboot]', ': {a: b}', '#cloud-config', '!!js/f'],
  ...['\u0000', '\u2028', '\u202e', '\ud800', '*.example.com', 'a.b', '-a', '{{7*7}}', '<script>', "' OR 1=1 --"],
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 250 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc
    .array(fc.oneof(hostile, fc.string({ unit: 'grapheme-ascii', maxLength: 8 })), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('')),
);
const locationOrPlan = fc.oneof({ weight: 2, arbitrary: fc.constantFrom('ams', 'ewr') }, text);

let calls = 0;
const send = (body: unknown) =>
  api.call('POST', '/v1/purchases', { as: 'storefront', body, headers: { 'idempotency-key': `strings-${++calls}` } });

const hostname = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])\.vpn\.test$/;
const key = '[A-Za-z0-9+/]{43}=';
const config = new RegExp(
  `^\\[Interface\\]\nPrivateKey = ${key}\nAddress = 10\\.73\\.0\\.2/32, fd73:6769::2/128\nDNS = 9\\.9\\.9\\.9, 2620:fe::fe\nMTU = 1380\n\n` +
    `\\[Peer\\]\nPublicKey = ${key}\nPresharedKey = ${key}\nAllowedIPs = 0\\.0\\.0\\.0/0, ::/0\nEndpoint = srv-[0-9a-z]{18}\\.vpn\\.test:51820\nPersistentKeepalive = 25\n$`,
);

test('any text of a storefront is rejected, or returned unchanged and only in its own field', {
  timeout: 120_000,
}, async () => {
  const seen = { rejected: 0, accepted: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.record(
        { customer: text, location: locationOrPlan, plan: locationOrPlan, reference: text },
        { requiredKeys: ['customer', 'location'] },
      ),
      async (order) => {
        const { status, body, headers } = await send(order);
        if (status !== 202) {
          seen.rejected += 1;
          expect([400, 422]).toContain(status);
          return;
        }
        seen.accepted += 1;
        const { reference = null, plan = 'vc2-1c-1gb' } = order;
        const stored = { customer: order.customer, location: order.location, plan, reference };
        expect(body.purchase).toMatchObject(stored);
        expect(body.server).toMatchObject(stored);
        expect(body.server.hostname).toMatch(hostname);
        expect(body.server.hostname).toBe(`${body.server.id}.vpn.test`);
        expect(headers.get('location')).toMatch(/^\/v1\/jobs\/job-[0-9a-z]{18}$/);
        await checkServer(body.server.id, body.job.id, stored);
      },
    ),
    { numRuns: 150 },
  );
  expect(seen.rejected).toBeGreaterThan(10);
  expect(seen.accepted).toBeGreaterThan(10);
});

async function checkServer(serverId: string, jobId: string, stored: object): Promise<void> {
  expect((await api.call('GET', `/v1/servers/${serverId}`)).body).toMatchObject(stored);
  await settle(api.store, jobId, made);
  const { headers, text } = await api.call('GET', `/v1/servers/${serverId}/vpn.conf`);
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="gf-[0-9a-z]{12}\.conf"$/);
  expect(text).toMatch(config);
}

test('a location or a plan that is not an id is rejected before it is stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      text.filter((odd) => !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(odd)),
      fc.constantFrom('location', 'plan'),
      async (odd, field) => {
        const { status, body } = await send({ customer: 'ada', location: 'ams', [field]: odd });
        expect([status, body.errors?.[0]?.pointer]).toEqual([422, `/${field}`]);
      },
    ),
    { numRuns: 80 },
  );
});
