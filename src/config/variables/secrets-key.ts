import { z } from 'zod';
import { variable } from './variable.ts';

/** The size of a sealing key. In base64 it has 43 characters and an equals sign. */
const keyBytes = 32;
const keyVariable = (about: string) =>
  variable(
    z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/)
      .transform((text) => Buffer.from(text, 'base64')),
    {
      mustBe: `${keyBytes} random bytes in base64, as \`openssl rand -base64 ${keyBytes}\` makes them`,
      about,
      processes: ['api', 'worker'],
      secret: true,
    },
  );

/** The key that seals the VPN keys in the database. */
export const secretsKeyVariables = {
  SECRETS_KEY: keyVariable(
    'Seals the VPN keys in the database. Create it with `openssl rand -base64 32`; every process needs the same key. Keep a copy: without it, all VPN keys are lost, and no server can be rebuilt. `npm start` creates a key once.',
  ),
  SECRETS_KEY_OLD: keyVariable(
    'The previous SECRETS_KEY, until `npm run rotate-secrets` has sealed everything with the new one.',
  ),
  SECRETS_KEY_FILE: variable(z.string(), {
    fallback: './data/secrets-key',
    mustBe: 'a file that can be read',
    about:
      'A file with the key on one line and, optionally, the previous key on the next. Read if SECRETS_KEY is not set.',
    processes: ['api', 'worker'],
  }),
} as const;
