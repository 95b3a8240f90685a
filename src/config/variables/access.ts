import { z } from 'zod';
import { variable, wholeNumber } from './variable.ts';

/** Who may call the API, and how often. */
export const accessVariables = {
  API_TOKENS: variable(z.string(), {
    mustBe: 'name:role:secret, separated by commas',
    about:
      'Tokens of the API, `name:role:secret,…`. The roles are viewer (reads), storefront (reads, buys, sends commands, reads VPN keys) and operator (everything). `npm start` creates tokens once. A secret has at least 24 random characters (`openssl rand -hex 24`).',
    processes: ['api'],
    secret: true,
  }),
  API_TOKENS_FILE: variable(z.string(), {
    mustBe: 'a file that can be read',
    about: 'A file with more tokens, one `name:role:secret` per line; `#` starts a comment.',
    processes: ['api'],
  }),
  RATE_LIMIT_PER_MINUTE: variable(wholeNumber(1, 1_000_000), {
    fallback: '3000',
    mustBe: 'a whole number from 1 to 1000000',
    about: 'Calls per minute that one API process accepts from each token.',
    processes: ['api'],
  }),
  RATE_LIMIT_PER_ADDRESS: variable(wholeNumber(1, 1_000_000), {
    fallback: '6000',
    mustBe: 'a whole number from 1 to 1000000',
    about:
      'Calls per minute without a valid token that one API process accepts from each address. Calls with one count for the token alone.',
    processes: ['api'],
  }),
  TRUST_PROXY: variable(wholeNumber(0, 10), {
    fallback: '0',
    mustBe: 'the number of proxies in front of the API, from 0 to 10',
    about:
      'Number of reverse proxies in front of the API. Their X-Forwarded-For and X-Forwarded-Proto headers are trusted.',
    processes: ['api'],
  }),
} as const;
