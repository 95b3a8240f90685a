import { randomBytes } from 'node:crypto';

/** Lower case without i, l, o, u: easy to read aloud without mistakes, and safe in a DNS label. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeDigits = 9;
const randomDigits = 9;

export type IdPrefix = 'pur' | 'srv' | 'mac' | 'job';

/**
 * A new id such as `srv-1k9f3zq4t0c7w2h5ab`: prefix, milliseconds since 1970, 45 random bits; 22 characters.
 * Ids made in different milliseconds sort by time.
 */
export function newId(prefix: IdPrefix, now: Date): string {
  return `${prefix}-${base32(BigInt(now.getTime()), timeDigits)}${base32(randomBits(), randomDigits)}`;
}

function randomBits(): bigint {
  return BigInt(`0x${randomBytes(6).toString('hex')}`);
}

function base32(value: bigint, digits: number): string {
  let text = '';
  for (let rest = value; text.length < digits; rest >>= 5n) text = alphabet.charAt(Number(rest & 31n)) + text;
  return text;
}
