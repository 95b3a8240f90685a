import { z } from 'zod';
import { portVariable, variable, wholeNumber } from './variable.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Addresses, database, Redis, and how a process works. */
export const processVariables = {
  HOST: variable(z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/), {
    fallback: '127.0.0.1',
    mustBe: 'an address or host name to listen on',
    about:
      'Address to listen on. Any address but loopback requires your own tokens, with secrets of at least 24 characters.',
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
  DATABASE_URL: variable(z.string().regex(/^(file:.+|postgres(ql)?:\/\/.+)$/), {
    fallback: 'file:./data/ghostifi.db',
    mustBe: 'file:<path> (SQLite) or postgres://user:password@host/database',
    about: 'The database: `file:<path>` for SQLite on a local disk, `postgres://…` for several hosts.',
    secret: true,
  }),
  BACKUP_FOLDER: variable(z.string(), {
    fallback: './data/backups',
    mustBe: 'a folder',
    about: 'Where `npm run backup` puts its dated copies of a SQLite database.',
    processes: ['backup'],
  }),
  REDIS_URL: variable(z.string().regex(/^rediss?:\/\/.+$/), {
    mustBe: 'set to redis://host:port (or rediss://…); only `npm start` starts a Redis of its own',
    about: 'The Redis (or Valkey) server of the queue. Required, except for `npm start`, which starts its own.',
    secret: true,
  }),
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
