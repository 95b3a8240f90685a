import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem, secrets, startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const good = { customer: 'c-1', location: 'ams' };
const json = (value: unknown) => JSON.stringify(value);
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const raw = (bytes: number[]) => Buffer.from(bytes);

/** Each body, and the only status that it may get. */
const bodies: [string, string | Buffer, number][] = [
  ['nothing at all', '', 422],
  ['only spaces', '   ', 400],
  ['an open brace', '{', 400],
  ['a closed brace', '}', 400],
  ['a word', 'customer', 400],
  ['a number', '42', 422],
  ['a huge number', '9'.repeat(5_000), 422],
  ['a string', '"c-1"', 422],
  ['null', 'null', 422],
  ['true', 'true', 422],
  ['an array', '[]', 422],
  ['an array around the order', json([good]), 422],
  ['an order with a trailing comma', '{"customer":"c-1","location":"ams",}', 400],
  ['single quotes', "{'customer':'c-1','location':'ams'}", 400],
  ['names without quotes', '{customer:"c-1",location:"ams"}', 400],
  ['a comment', '{"customer":"c-1",/* x */"location":"ams"}', 400],
  ['two documents', json(good) + json(good), 400],
  ['NaN', '{"customer":NaN,"location":"ams"}', 400],
  ['undefined', '{"customer":undefined,"location":"ams"}', 400],
  ['a raw line break in a string', '{"customer":"c\n1","location":"ams"}', 400],
  ['a broken escape', '{"customer":"\\x41","location":"ams"}', 400],
  ['a cut-off unicode escape', '{"customer":"\\u12","location":"ams"}', 400],
  ['a form', 'customer=c-1&location=ams', 400],
  ['XML', '<order><customer>c-1</customer></order>', 400],
  [
    'bytes that are not UTF-8',
    Buffer.concat([Buffer.from('{"customer":"'), raw([0xff, 0xfe]), Buffer.from('","location":"ams"}')]),
    400,
  ],
  [
    'an overlong UTF-8 slash',
    Buffer.concat([Buffer.from('{"customer":"'), raw([0xc0, 0xaf]), Buffer.from('","location":"ams"}')]),
    400,
  ],
  ['UTF-16', Buffer.from(json(good), 'utf16le'), 400],
  ['zero bytes', raw([0, 0, 0, 0]), 400],
  ['30,000 nested arrays', nested(30_000, '[', ']'), 422],
  ['10,000 nested objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 422],
  ['nested arrays that do not end', '['.repeat(60_000), 400],
  ['a deep customer', `{"customer":${nested(20_000, '[', ']')},"location":"ams"}`, 422],
  ['no customer', json({ location: 'ams' }), 422],
  ['no location', json({ customer: 'c-1' }), 422],
  ['an empty order', '{}', 422],
  ['a null customer', json({ ...good, customer: null }), 422],
  ['a number as customer', json({ ...good, customer: 7 }), 422],
  ['an object as customer', json({ ...good, customer: { $gt: '' } }), 422],
  ['an array as customer', json({ ...good, customer: ['c-1'] }), 422],
  ['an empty customer', json({ ...good, customer: '' }), 422],
  ['a customer of spaces', json({ ...good, customer: '   ' }), 422],
  ['a customer with a space before', json({ ...good, customer: ' c-1' }), 422],
  ['a customer with a NUL', json({ ...good, customer: 'c\u0000-1' }), 422],
  ['a customer with an escape character', json({ ...good, customer: 'c\u001b[31m' }), 422],
  ['a customer with a line break', json({ ...good, customer: 'c\n1' }), 422],
  ['a customer with a line separator', json({ ...good, customer: 'c\u20281' }), 422],
  ['a customer with a lone high surrogate', '{"customer":"c\\ud800","location":"ams"}', 422],
  ['a customer with a lone low surrogate', '{"customer":"\\udc00c","location":"ams"}', 422],
  ['a customer of 201 letters', json({ ...good, customer: 'c'.repeat(201) }), 422],
  ['a customer of 60,000 letters', json({ ...good, customer: 'c'.repeat(60_000) }), 422],
  ['a location in capitals', json({ ...good, location: 'AMS' }), 422],
  ['a location that climbs', json({ ...good, location: '../../etc/passwd' }), 422],
  ['a location with a quote', json({ ...good, location: "ams' OR 1=1 --" }), 422],
  ['an empty location', json({ ...good, location: '' }), 422],
  ['a location of 65 letters', json({ ...good, location: 'a'.repeat(65) }), 422],
  ['a huge number as location', '{"customer":"c-1","location":1e999}', 422],
  ['a null plan', json({ ...good, plan: null }), 422],
  ['a plan with a space', json({ ...good, plan: 'vc2 1c' }), 422],
  ['a number as plan', json({ ...good, plan: 1 }), 422],
  ['an empty reference', json({ ...good, reference: '' }), 422],
  ['a NUL in the reference', json({ ...good, reference: 'a\u0000' }), 422],
  ['an unknown field', json({ ...good, price: 0 }), 422],
  ['a field that is ours to set', json({ ...good, id: 'srv-1', provider: 'vultr', maxServers: null }), 422],
  [
    'a hundred unknown fields',
    json({ ...good, ...Object.fromEntries([...Array(100).keys()].map((n) => [`f${n}`, n])) }),
    422,
  ],
  ['__proto__', '{"customer":"c-1","location":"ams","__proto__":{"plan":"x"}}', 422],
  ['__proto__ with the order inside', '{"__proto__":{"customer":"c-1","location":"ams"}}', 422],
  ['constructor', '{"customer":"c-1","location":"ams","constructor":{"prototype":{"plan":"x"}}}', 422],
  ['toString', '{"customer":"c-1","location":"ams","toString":"x"}', 422],
  ['a field with an empty name', '{"customer":"c-1","location":"ams","":1}', 422],
  ['a field with a lone surrogate in its name', '{"customer":"c-1","location":"ams","\\ud800":1}', 422],
  ['70 kB', json({ ...good, reference: 'r'.repeat(70_000) }), 413],
];

describe('a purchase whose body is', () => {
  test.each(bodies)('%s is refused and writes nothing', async (_what, body, status) => {
    const answer = await send(body);
    expect(answer.status, answer.text).toBe(status);
    expect(await written()).toEqual([]);
  });

  test('refused for its fields names each of them', async () => {
    const { body } = await send('{"customer":"","location":"ams","a/b~c":1}');
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/customer', '/a~1b~0c']);
  });

  const accepted = 'this request accepts the fields customer, location, plan, reference';
  test.each([
    ['null', 'The body must be a JSON object, not null.'],
    ['[]', 'The body must be a JSON object, not an array.'],
    ['"c-1"', 'The body must be a JSON object, not a string.'],
    ['42', 'The body must be a JSON object, not a number.'],
    ['{', 'The body is not valid JSON. Send a JSON object in UTF-8.'],
    ['{}', 'The field "customer" is required (and 1 more: see errors).'],
    [json({ location: 'ams' }), 'The field "customer" is required.'],
    [json({ ...good, customer: null }), 'The field "customer" must be a string, not null.'],
    [json({ ...good, customer: {} }), 'The field "customer" must be a string, not an object.'],
    [json({ ...good, customer: '' }), 'The field "customer" must not be empty.'],
    [json({ ...good, customer: 'c'.repeat(201) }), 'The field "customer" must have at most 200 characters.'],
    [json({ ...good, price: 0 }), `The field "price" is unknown: ${accepted}.`],
    [json({ ...good, '"\n': 0 }), `The field "\\"\\n" is unknown: ${accepted}.`],
  ])('%s is answered with a sentence about the error', async (sent, sentence) => {
    expect((await send(sent)).body.detail).toBe(sentence);
  });
});

describe('a purchase with the header', () => {
  test.each<[string, Record<string, string>, number]>([
    ['Content-Type: text/plain', { 'content-type': 'text/plain' }, 415],
    ['Content-Type: a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['Content-Type: multipart', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['Content-Type: nonsense', { 'content-type': 'application/json/json' }, 415],
    ['Content-Type: almost JSON', { 'content-type': 'application/jsonp' }, 415],
    ['charset=latin1', { 'content-type': 'application/json; charset=latin1' }, 415],
    ['Content-Encoding: gzip', { 'content-encoding': 'gzip' }, 415],
    ['Content-Encoding: zip-bomb', { 'content-encoding': 'zip-bomb' }, 415],
    ['Idempotency-Key with a space', { 'idempotency-key': 'a b' }, 400],
    ['Idempotency-Key in Latin-1', { 'idempotency-key': 'sch\u00f6n' }, 400],
    ['Idempotency-Key of 256 letters', { 'idempotency-key': 'k'.repeat(256) }, 400],
    ['Idempotency-Key of nothing', { 'idempotency-key': '' }, 400],
  ])('%s is refused', async (_what, headers, status) => {
    const answer = await send(JSON.stringify(good), headers);
    expect(answer.status, answer.text).toBe(status);
    expect(await written()).toEqual([]);
  });

  test('a missing Idempotency-Key is answered with how to send one', async () => {
    const { status, body } = await api.call('POST', '/v1/purchases', { as: 'storefront', body: good });
    expect(status).toBe(400);
    expect(body.errors[0]).toMatchObject({ in: 'header', pointer: '/Idempotency-Key' });
    expect(body.detail).toMatch(
      /^The header "Idempotency-Key" is required: .*safe to repeat.* Idempotency-Key: order-4711\.$/,
    );
  });

  test('Idempotency-Key twice is refused', async () => {
    const lines = ['Idempotency-Key: a', 'Idempotency-Key: b', 'Content-Type: application/json'];
    expect(await sendRaw(request(lines, JSON.stringify(good)))).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('an address', () => {
  let known: string;
  beforeAll(async () => {
    known = (await api.buy()).serverId;
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
    ['/v1/servers/', 404],
    ['//v1/servers', 404],
    ['/v1', 404],
    ['/.env', 404],
  ])('%s is refused with %i', async (path, status) => {
    const answer = await api.call('GET', path.replace('KNOWN', known));
    expect(answer.status, answer.text).toBe(status);
  });
});

test.each([
  ['/v1/servers?limit=1&limit=2', 'The query parameter "limit" must be given once.'],
  ['/v1/jobs?kind=explode', 'The query parameter "kind" must be one of create, rebuild, destroy, retire.'],
  [
    '/v1/servers?nonsense=1',
    'The query parameter "nonsense" is unknown: this request accepts the query parameters customer, status, reference, limit, cursor.',
  ],
  ['/v1/locations?x=1', 'The query parameter "x" is unknown: this request accepts no query parameters.'],
  ['/v1/servers/SRV-1', 'The path parameter "id" must be at most 26 lower-case letters, digits and dashes.'],
])('%s is answered with a sentence about the error', async (path, sentence) => {
  expect((await api.call('GET', path)).body.detail).toBe(sentence);
});

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

test('a request that is not HTTP gets a problem document too', async () => {
  const answer = await sendRaw('GARBAGE\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*application\/problem\+json/);
  const big = await sendRaw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
  expect(big).toMatch(/^HTTP\/1.1 431 [\s\S]*application\/problem\+json/);
});

test('a body with two lengths is refused', async () => {
  const lines = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
  expect(await sendRaw(request(lines, JSON.stringify(good)))).toMatch(/^HTTP\/1.1 400 /);
});

test('a well-formed x-request-id is returned, a malformed one replaced', async () => {
  const idFor = async (given: string) =>
    (await api.call('GET', '/livez', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
  expect(await idFor('shop-77')).toBe('shop-77');
  expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idFor('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
});

async function written(): Promise<unknown[]> {
  return [...(await api.store.readServers({ limit: 10 })), ...(await api.store.readJobs({ limit: 10 }))];
}

async function send(body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/v1/purchases`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secrets.storefront}`,
      'content-type': 'application/json',
      'idempotency-key': 'k',
      ...headers,
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, body: JSON.parse(text), text };
  expectProblem(answer);
  return answer;
}

function request(lines: readonly string[], body: string): string {
  const head = [
    'POST /v1/purchases HTTP/1.1',
    'Host: x',
    'Connection: close',
    `Authorization: Bearer ${secrets.storefront}`,
    ...lines,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends the text as it is and reads until the server closes the connection. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(api.port, '127.0.0.1');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
  socket.end(text);
  return promise;
}
