import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { prettyLines } from '#src/start/pretty-lines.ts';

/** The shown text of a line of the worker's log, without its time. */
function shown(entry: object | string, logLevel = 'info'): string {
  let text = '';
  const show = prettyLines((written) => {
    text += written;
  }, logLevel);
  const line =
    typeof entry === 'string' ? entry : { time: '2026-01-01T10:00:00.000Z', level: 'info', pid: 7, ...entry };
  show('worker', typeof line === 'string' ? line : JSON.stringify(line));
  return stripVTControlCharacters(text).replace(/^\d\d:\d\d:\d\d worker {4}/, '');
}

const answer = (method: string, statusCode: number, url = '/v1/servers') => ({
  event: 'request-answered',
  msg: 'Answered',
  req: { method, url },
  res: { statusCode },
  caller: 'shop',
  requestId: 'r-1',
  durationMs: 3,
});
const ended = (end: object, more: object = {}) => ({
  event: 'run-ended',
  msg: 'Run ended',
  kind: 'create',
  jobId: 'job-1',
  seconds: 11.4321,
  end,
  ...more,
});

it.each([
  [answer('GET', 200), ''],
  [{ ...answer('GET', 503), level: 'error', problem: 'urn:ghostifi:problem:not-ready' }, ''],
  [
    { ...answer('GET', 503), problem: 'urn:ghostifi:problem:database-busy' },
    'GET /v1/servers → 503 (shop): database-busy\n',
  ],
  [answer('HEAD', 404), 'HEAD /v1/servers → 404 (shop)\n'],
  [answer('POST', 202), 'POST /v1/servers → 202 (shop)\n'],
  [answer('POST', 200, '/v1/stripe/webhook'), ''],
  [answer('POST', 400, '/v1/stripe/webhook'), 'POST /v1/stripe/webhook → 400 (shop)\n'],
  [{ ...answer('POST', 409), level: 'warn' }, 'warning: POST /v1/servers → 409 (shop)\n'],
  [
    { ...answer('POST', 422), problem: 'urn:ghostifi:problem:invalid-body', pointer: '/customer' },
    'POST /v1/servers → 422 (shop): invalid-body /customer\n',
  ],
  [
    { ...answer('POST', 503), problem: 'urn:ghostifi:problem:sale-closed' },
    'POST /v1/servers → 503 (shop): sale-closed\n',
  ],
  [ended({ kind: 'completed', result: 'made' }), 'create (job-1) succeeded after 11.4 s\n'],
  [ended({ kind: 'completed' }, { serverId: 'srv-1' }), 'create of srv-1 succeeded after 11.4 s\n'],
  [ended({ kind: 'failed', error: 'Sold out.' }), 'create (job-1) failed after 11.4 s: Sold out.\n'],
  [
    ended({ kind: 'retry', error: 'No answer.' }),
    'create (job-1) will be retried, since this attempt failed: No answer.\n',
  ],
  [ended({ kind: 'handed-back' }), 'create (job-1) was handed back and continues later\n'],
  [ended({ kind: 'lock-lost' }), 'create (job-1) continues in another run, since this one lost its lock\n'],
  [{ event: 'worker-ready', msg: 'Any text', concurrency: 50 }, ''],
  [{ event: 'api-stopped', msg: 'Any text' }, ''],
  [{ event: 'jobs-republished', msg: 'Published jobs', jobs: 3 }, 'Published jobs jobs=3\n'],
  [
    { event: 'alert-raised', msg: 'Alert raised: no worker', level: 'error', alert: { id: 'x' } },
    'error: Alert raised: no worker\n',
  ],
  [{ msg: 'Bad', level: 50, err: { stack: 'Error: why\n    at x' } }, 'error: Bad\nError: why\n    at x\n'],
  ['(node:7) Warning: old', '(node:7) Warning: old\n'],
  ['{"half of a', '{"half of a\n'],
])('the entry %j is shown as %j', (entry, text) => {
  expect(shown(entry)).toBe(text);
});

it('the levels debug and trace show every entry with all its fields', () => {
  expect(shown({ event: 'worker-ready', msg: 'Ready', concurrency: 50 }, 'debug')).toBe('Ready concurrency=50\n');
  expect(shown(answer('GET', 200), 'trace')).toContain('Answered req={"method":"GET","url":"/v1/servers"}');
});
