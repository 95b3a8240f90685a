import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 32;
const checkLength = 6;

/**
 * A new secret: `gf_`, 32 random characters (190 bits), and 6 that check them. The prefix lets scanners of code find a
 * secret that was published.
 */
export function newSecret(): string {
  const random = Array.from({ length: randomLength }, () => digits.charAt(randomInt(digits.length))).join('');
  return `gf_${random}${checkOf(random)}`;
}

/** Whether `newSecret` can have made the text. A text with one wrong character has another check. */
export function isWellFormed(text: string): boolean {
  const [, random, check] = /^gf_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/.exec(text) ?? [];
  return random !== undefined && checkOf(random) === check;
}

/** A secret of a webhook is in base64, which has other characters in the path of an address. */
const inText = /(gf_)[0-9A-Za-z]{38}|(whsec_)[\w+/%=-]{16,}/g;

/** The text without secrets of keys and webhooks, which a person may have pasted into it. */
export function withoutSecrets(text: string): string {
  return text.replace(inText, '$1$2…');
}

/** SHA-256 in hex: a secret is too random to be found by trying. */
export function secretDigest(secret: string): string {
  return hash('sha256', secret);
}

/** The CRC-32 in base 62. */
function checkOf(random: string): string {
  let text = '';
  for (let rest = crc32(random); text.length < checkLength; rest = Math.floor(rest / digits.length))
    text = digits.charAt(rest % digits.length) + text;
  return text;
}
