import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { secrets } from '../call-and-check.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

describe('an address', () => {
  let serverId: string;
  beforeAll(async () => {
    serverId = (await api.buy()).serverId;
  });

  test.each([
    ['/v1/servers?limit=0', 400],
    ['/v1/servers?limit=201', 400],
    ['/v1/servers?limit=-1', 400],
    ['/v1/servers?limit=1.5', 400],
    ['/v1/servers?limit=1e2', 400],
    ['/v1/servers?limit=', 400],
    ['/v1/servers?limit=1&limit=2', 400],
    ['/v1/servers?limit[]=1', 400],
    ['/v1/servers?status=alive', 400],
    ['/v1/servers?status=running&status=failed', 400],
    ['/v1/servers?cursor=%00', 400],
    ['/v1/servers?cursor=abc', 400],
    [`/v1/servers?cursor=${Buffer.from('jobs:job-1').toString('base64url')}`, 400],
    [`/v1/servers?cursor=${Buffer.from("servers:' or 1").toString('base64url')}`, 400],
    ...['history:abc', 'history:-1', 'history:1e3', `history:${'9'.repeat(26)}`, 'servers:srv-1'].map(
      (cursor): [string, number] => [
        `/v1/servers/KNOWN/history?cursor=${Buffer.from(cursor).toString('base64url')}`,
        400,
      ],
    ),
    ['/v1/servers?customer=%00', 400],
    ['/v1/servers?customer=%ED%A0%80x%0A', 400],
    ['/v1/servers?customer=a%E2%80%8Bb', 400],
    ['/v1/servers?customer=Jos%E9', 400],
    ['/v1/servers?reference=Jos%E9', 400],
    ['/v1/servers?nonsense=1', 400],
    ['/v1/servers?__proto__=1', 400],
    ['/v1/jobs?kind=explode', 400],
    ['/v1/jobs?server=SRV', 400],
    ['/v1/servers/SRV-1', 400],
    ['/v1/servers/%00', 400],
    ['/v1/servers/%', 400],
    ['/v1/servers/%E0%A4%A', 400],
    [`/v1/servers/${'a'.repeat(27)}`, 400],
    ["/v1/jobs/1'--", 400],
    ['/v1/servers/none', 404],
    ['/v1/servers/none/history', 404],
    ['/v1/jobs/none', 404],
    ['/v1/jobs/none/events', 404],
    ['/v1/Servers', 404],
    ['/v1/servers//', 404],
    ['//v1/servers', 404],
    ['/v1', 404],
    ['/.env', 404],
  ])('%s is rejected with %i', async (path, status) => {
    const answer = await api.call('GET', path.replace('KNOWN', serverId));
    expect(answer.status, answer.text).toBe(status);
  });
});

test.each([
  ['/v1/servers?limit=1&limit=2', 'The query parameter "limit" must be given once.'],
  [
    '/v1/jobs?kind=explode',
    'The query parameter "kind" must be one of create, rebuild, suspend, resume, destroy, retire.',
  ],
  [
    '/v1/servers?nonsense=1',
    'The query parameter "nonsense" is unknown: this request accepts the query parameters customer, status, reference, plan, limit, cursor.',
  ],
  ['/v1/servers?customer=Jos%E9', 'The query parameter "customer" must be percent-encoded UTF-8: é is %C3%A9.'],
  ['/v1/locations?x=1', 'The query parameter "x" is unknown: this request accepts no query parameters.'],
  ['/v1/servers/SRV-1', 'The path parameter "id" must be 1 to 26 lower-case letters, digits and dashes.'],
])('%s is answered with a sentence about the error', async (path, sentence) => {
  expect((await api.call('GET', path)).body.detail).toBe(sentence);
});

test.each(['/docs/', '/v1/servers/', '/v1/jobs/?limit=1', '/livez/', '/openapi.json/', '/admin/login/'])(
  'a slash at the end makes no difference: %s',
  async (path) => {
    const { status } = await fetch(api.url + path, { headers: { authorization: `Bearer ${secrets.operator}` } });
    expect(status).toBe(200);
  },
);

test('a wrong method gets 405 with the allowed ones', async () => {
  for (const [method, path, allow] of [
    ['PUT', '/v1/purchases', 'POST'],
    ['GET', '/v1/purchases', 'POST'],
    ['PATCH', '/v1/servers/none', 'GET, HEAD, DELETE'],
    ['OPTIONS', '/v1/jobs', 'GET, HEAD'],
  ] as const) {
    const { status, headers } = await api.call(method, path);
    expect([status, headers.get('allow')]).toEqual([405, allow]);
  }
});
