import { randomUUID } from 'node:crypto';

/** Lower case without i, l, o, u: easy to read aloud without mistakes, and safe in a DNS label. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeDigits = 9;
const randomDigits = 9;

export type IdPrefix = 'pur' | 'srv' | 'mac' | 'job' | 'evt' | 'lnk' | 'key' | 'hook' | 'dlv' | 'wrk';

/**
 * A new id such as `srv-1k9f3zq4t0c7w2h5ab`: prefix, milliseconds since 1970, 45 random bits; 22 characters.
 * Ids made in different milliseconds sort by time.
 */
export function newId(prefix: IdPrefix, now: Date): string {
  return `${prefix}-${base32(now.getTime(), timeDigits)}${base32(randomBits(), randomDigits)}`;
}

/** The smallest id that `newId` can make at that time. */
export function firstId(prefix: IdPrefix, time: Date): string {
  return `${prefix}-${base32(time.getTime(), timeDigits)}`;
}

/** When `newId` made the id; null: it has another form. */
export function timeOfId(id: string): Date | null {
  const digits = /^[a-z]{3}-([0-9a-hjkmnp-tv-z]{9})[0-9a-hjkmnp-tv-z]{9}$/.exec(id)?.[1];
  if (digits === undefined) return null;
  const ms = [...digits].reduce((value, digit) => value * 32 + alphabet.indexOf(digit), 0);
  return new Date(ms);
}

/** The last 48 bits of a random UUID. Node draws these in advance, so that this is faster than a call of `randomBytes`. */
function randomBits(): number {
  return Number.parseInt(randomUUID().slice(-12), 16);
}

/** The last digits of a number below 2^53. Bit operators have 32 bits only, and BigInt takes longer. */
function base32(value: number, digits: number): string {
  let text = '';
  for (let rest = value; text.length < digits; rest = Math.floor(rest / 32)) text = alphabet.charAt(rest % 32) + text;
  return text;
}
