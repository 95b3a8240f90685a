import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { LogFields } from '#queues/ports/log.ts';
import { createLog, type Logger } from '#src/log.ts';

const canary = 'hunter2-canary';

/** The raw lines. */
function logged(write: (log: Logger) => void): string[] {
  const lines: string[] = [];
  write(createLog({ process: 'api', level: 'trace', destination: { write: (line) => void lines.push(line) } }));
  return lines;
}

/** Fields as code could pass them past the types: with a spread, or from a library. */
const untyped = (fields: object) => fields as LogFields;

/** An error as clients of HTTP and Redis throw it: its properties hold the request, and the password in its command. */
function errorWithSecrets(message: string, cause?: unknown): Error {
  const config = { headers: { authorization: `Bearer ${canary}`, cookie: canary }, body: canary };
  const extra = { config, token: canary, command: { name: 'auth', args: [canary] }, toJSON: () => ({ config }) };
  return Object.assign(new Error(message, { cause }), extra);
}

test('a line is JSON with the process, the level name, and an ISO time', () => {
  const [line = ''] = logged((log) => log.warn({ event: 'looked', jobId: 'job-1' }, 'Look'));
  const fields = JSON.parse(line);
  expect(fields).toMatchObject({ level: 'warn', process: 'api', pid: process.pid, jobId: 'job-1', msg: 'Look' });
  expect(fields.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('a field that no line may have is never written, at any level and depth', () => {
  const headers = { authorization: canary, cookie: canary, 'set-cookie': [canary], 'x-api-key': canary };
  const lines = logged((log) => {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) {
      log[level](
        untyped({ event: 'e', token: canary, password: canary, apiKey: canary, body: { key: canary } }),
        'top',
      );
      log[level](untyped({ event: 'e', req: { method: 'GET', url: '/x', headers, body: canary } }), 'deep');
      log[level](
        untyped({ event: 'e', jobId: { secret: canary }, error: { config: { headers } } }),
        'in a known field',
      );
      log[level](untyped({ event: 'e', alert: { id: 'a', secret: canary, detail: { inner: { canary } } } }), 'alert');
      log[level](untyped({ event: 'e', end: { kind: 'failed', token: canary, error: { canary } } }), 'end');
      log[level](
        untyped({ event: 'e', headers, spec: { user_data: canary, inner: { privateKey: canary } } }),
        'deeper',
      );
    }
  });
  expect(lines).toHaveLength(30);
  expect(lines.join('')).not.toContain('canary');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ req: { method: 'GET', url: '/x' } });
});

test('a request or a response of Node in place of the fields is not written', () => {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: `/x?token=${canary}`, headers: { authorization: canary } });
  const response = new ServerResponse(request).setHeader('set-cookie', canary);
  const lines = logged((log) => {
    log.info(untyped(request), 'request');
    log.info(untyped(response), 'response');
    log.info(untyped({ event: 'e', req: request, res: response, err: request }), 'both');
  });
  expect(lines).toHaveLength(3);
  expect(lines.slice(0, 2).join('')).not.toContain(canary);
  expect(lines[2]).not.toMatch(/authorization|cookie/);
});

test('an error is written with its type, message, code and stack, and its causes', () => {
  const cause = Object.assign(new TypeError('Inner.'), { code: 'ECONNRESET' });
  const [line = ''] = logged((log) => log.error({ event: 'failed', err: new Error('No.', { cause }) }, 'Failed'));
  expect(JSON.parse(line).err).toEqual({
    type: 'Error',
    message: 'No.',
    stack: expect.stringContaining('Error: No.'),
    cause: {
      type: 'TypeError',
      message: 'Inner.',
      code: 'ECONNRESET',
      stack: expect.stringContaining('TypeError: Inner.'),
    },
  });
});

test('no other property of an error or of its causes is written', () => {
  const innermost = errorWithSecrets('Innermost.', { response: { headers: { cookie: canary } } });
  const several = new AggregateError([errorWithSecrets('One of several.')], 'Several.', { cause: innermost });
  const lines = logged((log) => {
    log.error({ event: 'failed', err: errorWithSecrets('Outer.', several) }, 'Failed');
    log.error(untyped(errorWithSecrets('In place of the fields.', several)), 'Failed');
    log.error({ event: 'failed', err: { message: canary, token: canary } }, 'Not an error');
    log.error({ event: 'failed', err: canary }, 'Not even an object');
    log.error({ event: 'failed', err: Object.assign(new Error('Its code.'), { code: { canary } }) }, 'Failed');
  });
  expect(lines).toHaveLength(5);
  for (const text of ['Outer.', 'Several.', 'Innermost.', 'In place of the fields.'])
    expect(lines.join('')).toContain(text);
  expect(lines.join('')).not.toContain('canary');
});

test('an alert is written with its advice, and with what it concerns', () => {
  const advised = {
    id: 'parked-job:job-1',
    kind: 'parked-job',
    severity: 'critical',
    subject: 'job-1',
    message: 'Parked.',
    nextStep: 'Retry it.',
    runbook: 'docs/runbook.md#parked-job',
    serverId: 'srv-1',
    jobId: 'job-1',
    reference: 'order-1',
    raisedAt: '2026-05-01T12:00:00.000Z',
    detail: { serverId: 'srv-1' },
  };
  const [line = ''] = logged((log) => log.error({ event: 'alert-raised', alert: advised }, 'Raised'));
  expect(JSON.parse(line).alert).toEqual(advised);
});

test('an error whose causes form a circle is written', () => {
  const error = new Error('Round.');
  error.cause = new Error('And round.', { cause: error });
  const [line = ''] = logged((log) => log.error({ event: 'failed', err: error }, 'Failed'));
  expect(JSON.parse(line).err.cause.cause.message).toBe('Round.');
});
