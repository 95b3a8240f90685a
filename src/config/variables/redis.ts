import { z } from 'zod';
import { parseAddresses } from '../address.ts';
import { addressListFault, redisUrlFault } from './urls.ts';
import { variable } from './variable.ts';

/** Where the queue is: at one address, or at the primary that Sentinels name. */
export const redisVariables = {
  REDIS_URL: variable(z.string(), {
    mustBe: 'redis://user:password@host:port/database (rediss:// with TLS)',
    faultIn: redisUrlFault,
    about:
      'The Redis (or Valkey) server of the queue: `redis://user:password@host:port/database`, or `rediss://…` with TLS. In user and password, `/ ? # % @` are written `%2F %3F %23 %25 %40`. Required, except with REDIS_SENTINELS and for `npm start`, which starts its own Redis.',
    secret: true,
  }),
  REDIS_SENTINELS: variable(z.string().transform(parseAddresses), {
    mustBe: 'the addresses of the Sentinels as host:port, separated by commas',
    faultIn: addressListFault,
    about:
      'The Redis Sentinels, `host:port,…` (port 26379 if there is none). They name the primary, also after a failover. Host and port of REDIS_URL are not used then; its user, password, database and TLS are.',
  }),
  REDIS_MASTER: variable(z.string().regex(/^[A-Za-z0-9._-]{1,100}$/), {
    mustBe: 'the name that the Sentinels have for the primary (sentinel monitor <name> …)',
    about: 'The name of the primary at the Sentinels. Required with REDIS_SENTINELS.',
  }),
  REDIS_SENTINEL_PASSWORD: variable(z.string(), {
    mustBe: 'the password of the Sentinels',
    about: 'The password of the Sentinels themselves. Unset: they have none.',
    secret: true,
  }),
} as const;
