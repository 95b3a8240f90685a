import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { sendPurchase, storedRows } from '../send-raw.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const good = { customer: 'c-1', location: 'ams' };
const json = (value: unknown) => JSON.stringify(value);
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const raw = (bytes: number[]) => Buffer.from(bytes);

const inText = (code: number): [string, string, number] => {
  const field = code % 2 === 0 ? 'customer' : 'reference';
  return [`U+${code.toString(16)} in the ${field}`, json({ ...good, [field]: `c${String.fromCodePoint(code)}1` }), 422];
};

/** Each body with the only status that it may get. */
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
  ['UTF-16 of one character', Buffer.from('{', 'utf16le'), 400],
  ['zero bytes', raw([0, 0, 0, 0]), 400],
  ['30,000 nested arrays', nested(30_000, '[', ']'), 422],
  ['10,000 nested objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 422],
  ['nested arrays without an end', '['.repeat(60_000), 400],
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
  ...[0x09, 0x7f, 0x85, 0xad, 0x034f, 0x061c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x202a, 0x202e].map(
    inText,
  ),
  ...[0x2028, 0x2029, 0x2060, 0x2066, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0041].map(inText),
  ['a customer of 201 letters', json({ ...good, customer: 'c'.repeat(201) }), 422],
  ['a customer of 60,000 letters', json({ ...good, customer: 'c'.repeat(60_000) }), 422],
  ['a location in capitals', json({ ...good, location: 'AMS' }), 422],
  ['a location with a parent path', json({ ...good, location: '../../etc/passwd' }), 422],
  ['a location with a quote', json({ ...good, location: "ams' OR 1=1 --" }), 422],
  ['an empty location', json({ ...good, location: '' }), 422],
  ['a location of 65 letters', json({ ...good, location: 'a'.repeat(65) }), 422],
  ['a huge number as location', '{"customer":"c-1","location":1e999}', 422],
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

describe('a purchase with the body', () => {
  test.each(bodies)('%s is rejected and writes nothing', async (_what, body, status) => {
    const answer = await sendPurchase(api, body);
    expect(answer.status, answer.text).toBe(status);
    expect(await storedRows(api)).toEqual([]);
  });

  test('of several wrong fields is rejected with the name of each', async () => {
    const { body } = await sendPurchase(api, '{"customer":"","location":"ams","a/b~c":1}');
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/customer', '/a~1b~0c']);
  });

  const accepted = 'this request accepts the fields customer, location, plan, reference';
  test.each<[string | Buffer, string]>([
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
    [json({ ...good, customer: 'c\n1' }), 'The field "customer" must not contain a control character (U+000A).'],
    [
      json({ ...good, customer: 'ada\u202egro.elpmaxe@' }),
      'The field "customer" must not contain a character that changes the direction of text (U+202E).',
    ],
    [
      json({ ...good, reference: 'a\u{e0041}\u200b' }),
      'The field "reference" must not contain an invisible character (U+E0041).',
    ],
    [
      '{"customer":"c\\ud800","location":"ams"}',
      'The field "customer" must not contain half of a surrogate pair (U+D800).',
    ],
    [json({ ...good, price: 0 }), `The field "price" is unknown: ${accepted}.`],
    [json({ ...good, '"\n': 0 }), `The field "\\"\\n" is unknown: ${accepted}.`],
    [Buffer.from(json(good), 'utf16le'), 'The body is in UTF-16. Send a JSON object in UTF-8.'],
    [Buffer.from(json(good), 'utf16le').swap16(), 'The body is in UTF-16. Send a JSON object in UTF-8.'],
    [Buffer.from(`\ufeff${json(good)}`, 'utf16le'), 'The body is in UTF-16. Send a JSON object in UTF-8.'],
    [Buffer.from(`\ufeff${json(good)}`, 'utf16le').swap16(), 'The body is in UTF-16. Send a JSON object in UTF-8.'],
    [Buffer.from('{\0\0\0}\0\0\0'), 'The body is in UTF-32. Send a JSON object in UTF-8.'],
    [Buffer.from('\0\0\0{\0\0\0}'), 'The body is in UTF-32. Send a JSON object in UTF-8.'],
  ])('%j is answered with a sentence about the error', async (sent, sentence) => {
    expect((await sendPurchase(api, sent)).body.detail).toBe(sentence);
  });
});
