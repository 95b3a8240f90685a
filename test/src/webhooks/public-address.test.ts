import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { expect, test, vi } from 'vitest';
import { AddressRefusedError, assertPublicLiteral, guardedLookup, isPublic } from '#src/webhooks/public-address.ts';

test.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true);
});

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '2001:db8::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1%eth0',
  'not an address',
])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});

test.each([
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::ffff:127.0.0.1]/',
  'https://169.254.169.254/latest/meta-data/',
])('%s is refused without a lookup', (url) => {
  expect(() => assertPublicLiteral(new URL(url))).toThrow(AddressRefusedError);
});

const found = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const answering = (...answers: LookupAddress[][]) => {
  const lookup = vi.fn<LookupFunction>();
  for (const answer of answers) lookup.mockImplementationOnce((_, __, callback) => callback(null, answer));
  return lookup;
};
const look = (lookup: LookupFunction, options: { all: boolean }) => {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  guardedLookup(lookup)('shop.test', options, (error, address, family) =>
    error ? reject(error) : resolve(family === undefined ? address : [address, family]),
  );
  return promise;
};

test('the connection goes to an address that was checked, in both forms of a lookup', async () => {
  const both = found('8.8.8.8', '2606:4700:4700::1111');
  expect(await look(answering(both), { all: true })).toEqual(both);
  expect(await look(answering(both), { all: false })).toEqual(['8.8.8.8', 4]);
});

test('one address that is not public refuses the name', async () => {
  await expect(look(answering(found('8.8.8.8', '127.0.0.1')), { all: true })).rejects.toThrow(
    'shop.test leads to 127.0.0.1, which is not an address of the public internet.',
  );
});

test('a name that leads elsewhere the next time is checked the next time', async () => {
  const lookup = answering(found('8.8.8.8'), found('169.254.169.254'));
  expect(await look(lookup, { all: true })).toEqual(found('8.8.8.8'));
  await expect(look(lookup, { all: true })).rejects.toThrow(AddressRefusedError);
  expect(lookup).toHaveBeenCalledTimes(2);
});

test('an error of the lookup is passed on', async () => {
  const lookup: LookupFunction = (_, __, callback) => callback(new Error('ENOTFOUND'), '', 0);
  await expect(look(lookup, { all: true })).rejects.toThrow('ENOTFOUND');
});
