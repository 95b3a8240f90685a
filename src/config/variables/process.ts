import { z } from 'zod';
import { redisVariables } from './redis.ts';
import { databaseUrlFault } from './urls.ts';
import { portVariable, variable, wholeNumber } from './variable.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Addresses, database, Redis, and how a process works. */
export const processVariables = {
  HOST: variable(z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/), {
    fallback: '127.0.0.1',
    mustBe: 'an address or host name to listen on',
    about: 'Address to listen on.',
  }),
  PORT: portVariable({
    fallback: '3000',
    about: 'Port of the HTTP API and of Bull Board.',
    processes: ['start', 'api'],
  }),
  WORKER_PORT: portVariable({
    about: "Port of a worker's own /livez, /readyz and /metrics. Unset: the worker has none.",
    processes: ['worker'],
  }),
  DATABASE_URL: variable(z.string(), {
    fallback: 'file:./data/ghostifi.db',
    mustBe: 'file:<path> (SQLite) or postgres://user:password@host:port/database',
    faultIn: databaseUrlFault,
    about:
      'The database: `file:<path>` for SQLite on a local disk, `postgres://user:password@host:port/database` for several hosts. In user and password, `/ ? # % @` are written `%2F %3F %23 %25 %40`.',
    secret: true,
  }),
  BACKUP_FOLDER: variable(z.string(), {
    fallback: './data/backups',
    mustBe: 'a folder',
    about: 'Where `npm run backup` puts its dated copies of a SQLite database.',
    processes: ['backup'],
  }),
  ...redisVariables,
  WORKER_CONCURRENCY: variable(wholeNumber(1, 10_000), {
    fallback: '50',
    mustBe: 'a whole number from 1 to 10000',
    about: 'How many jobs one worker process runs at the same time.',
    processes: ['worker'],
  }),
  SHUTDOWN_GRACE_SECONDS: variable(wholeNumber(1, 600), {
    fallback: '30',
    mustBe: 'seconds, from 1 to 600',
    about: 'How long a process may take to finish its work after SIGTERM.',
  }),
  LOG_LEVEL: variable(z.enum(logLevels), {
    fallback: 'info',
    mustBe: `one of ${logLevels.join(', ')}`,
    about: 'The lowest level of log line that is written.',
  }),
} as const;
