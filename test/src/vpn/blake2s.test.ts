import { createHash } from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';
import { expect, test } from 'vitest';

test('the library passes the self-test of RFC 7693, with and without a key, over all its lengths', () => {
  const digests: Uint8Array[] = [];
  for (const dkLen of [16, 20, 28, 32]) {
    for (const bytes of [0, 3, 64, 65, 255, 1024]) {
      const data = sequence(bytes);
      digests.push(blake2s(data, { dkLen }), blake2s(data, { key: sequence(dkLen), dkLen }));
    }
  }
  const grand = Buffer.from(blake2s(Buffer.concat(digests), { dkLen: 32 }));
  expect(grand.toString('hex')).toBe('6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe');
});

test('without a key and at its full length the library agrees with node:crypto', () => {
  for (const bytes of [0, 1, 63, 64, 65, 128, 1000]) {
    const data = sequence(bytes);
    expect(Buffer.from(blake2s(data, { dkLen: 32 }))).toEqual(createHash('blake2s256').update(data).digest());
  }
});

/** The pseudo-random bytes of the RFC's self-test (appendix E, selftest_seq). */
function sequence(seed: number): Buffer {
  const bytes = Buffer.alloc(seed);
  let [a, b] = [Math.imul(0xdead4bad, seed), 1];
  for (let index = 0; index < seed; index++) {
    const sum = (a + b) | 0;
    [a, b] = [b, sum];
    bytes.writeUInt8((sum >>> 24) & 0xff, index);
  }
  return bytes;
}
