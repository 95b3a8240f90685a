import { z } from 'zod';
import { cloudNames } from '#src/cloud/clouds.ts';
import { cloudTexts, cloudVariables } from './cloud-variables.ts';
import { addressIn } from './probe-at.ts';
import { type ProcessName, type Variable, variable, webAddress } from './variable.ts';

function whole(from: number, to: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(from).max(to));
}

/** Who keeps the names of servers. */
const nameKeepers = ['none', 'cloudflare'] as const;
export type DnsName = (typeof nameKeepers)[number];
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const port = (fallback: string | null, about: string, processes: readonly ProcessName[]) =>
  variable(whole(0, 65_535), {
    ...(fallback && { fallback }),
    mustBe: 'a port: a whole number from 0 (any free one) to 65535',
    about,
    processes,
  });

/** What a key that seals secrets has; base64 writes them as 43 letters and a sign. */
const secretsKeyBytes = 32;
const secretsKey = (about: string) =>
  variable(
    z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/)
      .transform((text) => Buffer.from(text, 'base64')),
    {
      mustBe: `${secretsKeyBytes} random bytes in base64, as \`openssl rand -base64 ${secretsKeyBytes}\` makes them`,
      about,
      processes: ['api', 'worker'],
      secret: true,
    },
  );

/** Every variable that the processes read, in the order of the documentation. Nothing else of the environment is looked at. */
export const variables = {
  HOST: variable(z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/), {
    fallback: '127.0.0.1',
    mustBe: 'an address or host name to listen on',
    about:
      'Address to listen on. Anything but loopback needs tokens of your own with secrets of at least 24 characters.',
  }),
  PORT: port('3000', 'Port of the HTTP API and of Bull Board.', ['start', 'api']),
  WORKER_PORT: port(null, "Port of a worker's own /livez, /readyz and /metrics; unset: it has none.", ['worker']),
  DATABASE_URL: variable(z.string().regex(/^(file:.+|postgres(ql)?:\/\/.+)$/), {
    fallback: 'file:./data/ghostifi.db',
    mustBe: 'file:<path> (SQLite) or postgres://user:password@host/database',
    about: 'The database: `file:<path>` for SQLite on a local disk, `postgres://…` for several hosts.',
    secret: true,
  }),
  REDIS_URL: variable(z.string().regex(/^rediss?:\/\/.+$/), {
    mustBe: 'set to redis://host:port (or rediss://…); `npm start` brings its own Redis, single processes need one',
    about: 'The Redis (or Valkey) of the queue. Required, except for `npm start`, which starts its own.',
    secret: true,
  }),
  WORKER_CONCURRENCY: variable(whole(1, 10_000), {
    fallback: '50',
    mustBe: 'a whole number from 1 to 10000',
    about: 'How many jobs one worker process runs at a time.',
    processes: ['worker'],
  }),
  CLOUD: variable(z.enum(cloudNames), {
    fallback: 'simulator',
    mustBe: `one of ${cloudNames.join(', ')}`,
    about: 'Where machines are made. The API process stores it with every new server.',
  }),
  SIMULATOR_PORT: port('3900', 'Port of the simulated cloud that `npm start` brings.', ['start']),
  ...cloudVariables,
  MACHINE_IMAGE: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "the provider's number or name of a Debian 12 or an Ubuntu 24.04",
    about: `The system of new machines, a Debian 12 or an Ubuntu 24.04. Unset: Debian 12, which is ${cloudTexts.debian12}. Ubuntu 24.04 is ${cloudTexts.ubuntu2404}.`,
    processes: ['worker'],
  }),
  DNS: variable(z.enum(nameKeepers), {
    fallback: 'none',
    mustBe: `one of ${nameKeepers.join(', ')}`,
    about:
      "Who keeps the servers' names. Without names (none) a rebuild changes the address that a customer connects to. `npm start` with the simulated cloud uses its simulated Cloudflare unless told otherwise.",
  }),
  CLOUDFLARE_API_URL: variable(webAddress, {
    fallback: 'https://api.cloudflare.com/client/v4',
    mustBe: 'an http address',
    about: "Cloudflare's API, when DNS is cloudflare.",
    processes: ['worker'],
  }),
  CLOUDFLARE_API_TOKEN: variable(z.string().regex(/^[\x21-\x7e]{8,200}$/), {
    mustBe: 'an API token of Cloudflare (8 to 200 visible characters without spaces)',
    about:
      'Token that may read the zone that DOMAIN lies in (Zone:Read) and edit its records (DNS:Edit). Required when DNS is cloudflare. The zone is found by its name.',
    processes: ['worker'],
    secret: true,
  }),
  INSTALLATION: variable(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/), {
    fallback: 'dev',
    mustBe: 'at most 20 lower-case letters, digits and dashes, starting and ending with a letter or digit',
    about:
      'Goes into the tag of every machine. Two installations that share a cloud account must differ in it; never change it while servers exist.',
    processes: ['worker'],
  }),
  VPN_PROBE_AT: variable(
    z
      .string()
      .regex(/^([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/)
      .transform(addressIn)
      .refine(({ port }) => port >= 1 && port <= 65_535),
    {
      mustBe: 'host:port, with an IPv6 address in brackets',
      about:
        "Where workers send every handshake instead of to the machines, for a cloud whose addresses lead nowhere; unset: to the machines, and with the simulator to the UDP port of SIMULATOR_URL's number.",
      processes: ['worker'],
    },
  ),
  DOMAIN: variable(
    z
      .string()
      .max(200)
      .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/),
    {
      fallback: 'vpn.internal',
      mustBe: 'a domain name in lower case, such as vpn.example.com',
      about:
        "A server's host name is its id under this domain. Must be one of your own where DNS is cloudflare and CLOUD is not simulator.",
      processes: ['api'],
    },
  ),
  DEFAULT_PLAN: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "one of the provider's plan ids, as GET /v1/plans lists them",
    about: `The plan of a purchase that names none. Unset: ${cloudTexts.defaultPlans}. ${cloudTexts.planRemarks}`,
    processes: ['api'],
  }),
  MAX_SERVERS: variable(whole(0, 999_999_999), {
    mustBe: 'a whole number',
    about: 'Purchases beyond this many servers get 503 and raise an alert; unset: no limit.',
    processes: ['api'],
  }),
  API_TOKENS: variable(z.string(), {
    mustBe: 'name:role:secret, separated by commas',
    about:
      'Tokens of the API, `name:role:secret,…`; roles are viewer (reads), storefront (reads, buys, commands, hands out VPNs) and operator (everything). `npm start` makes them once.',
    processes: ['api'],
    secret: true,
  }),
  API_TOKENS_FILE: variable(z.string(), {
    mustBe: 'a file that can be read',
    about: 'A file with more tokens, one `name:role:secret` a line; `#` starts a comment.',
    processes: ['api'],
  }),
  RATE_LIMIT_PER_MINUTE: variable(whole(1, 1_000_000), {
    fallback: '3000',
    mustBe: 'a whole number from 1 to 1000000',
    about: 'Calls a minute that each token may make of one API process.',
    processes: ['api'],
  }),
  RATE_LIMIT_PER_ADDRESS: variable(whole(1, 1_000_000), {
    fallback: '6000',
    mustBe: 'a whole number from 1 to 1000000',
    about: 'Calls a minute that each address may make of one API process, with or without a token.',
    processes: ['api'],
  }),
  TRUST_PROXY: variable(whole(0, 10), {
    fallback: '0',
    mustBe: 'the number of proxies in front of the API, from 0 to 10',
    about: 'How many reverse proxies stand in front; their X-Forwarded-For and X-Forwarded-Proto are believed.',
    processes: ['api'],
  }),
  SECRETS_KEY: secretsKey(
    'Seals the VPN keys in the database: `openssl rand -base64 32`, the same for every process. Keep a copy: without it no customer’s VPN can be handed out or rebuilt again. `npm start` makes one once.',
  ),
  SECRETS_KEY_OLD: secretsKey(
    'The SECRETS_KEY of before, while `npm run rotate-secrets` has not sealed everything anew.',
  ),
  SECRETS_KEY_FILE: variable(z.string(), {
    fallback: './data/secrets-key',
    mustBe: 'a file that can be read',
    about: 'Read where SECRETS_KEY is not set: a file with the key in a line, and perhaps the old one in the next.',
    processes: ['api', 'worker'],
  }),
  BOOT_TIMEOUT_SECONDS: variable(whole(1, 3600), {
    fallback: '600',
    mustBe: 'seconds, from 1 to 3600',
    about: 'A new machine whose VPN does not answer so long after its order is removed, and another one ordered.',
    processes: ['worker'],
  }),
  REBUILD_GRACE_SECONDS: variable(whole(0, 604_800), {
    fallback: '300',
    mustBe: 'seconds, from 0 to 604800 (a week)',
    about: 'How long a replaced machine goes on serving after a rebuild; more than twice the DNS TTL of 120 s.',
    processes: ['worker'],
  }),
  SHUTDOWN_GRACE_SECONDS: variable(whole(1, 600), {
    fallback: '30',
    mustBe: 'seconds, from 1 to 600',
    about: 'How long a process that got SIGTERM may take to finish what it is doing.',
  }),
  LOG_LEVEL: variable(z.enum(logLevels), {
    fallback: 'info',
    mustBe: `one of ${logLevels.join(', ')}`,
    about: 'The least important kind of log line that is written.',
  }),
} as const;

export type VariableName = keyof typeof variables;
type Parsed<V> = V extends Variable<infer T> ? T : never;
/** What the environment says; null where a variable is neither set nor has a fallback. */
export type Values = { [Name in VariableName]: Parsed<(typeof variables)[Name]> | null };
