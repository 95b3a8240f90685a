import { expect, test } from 'vitest';
import { createLog } from '#src/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  write(
    createLog({ process: 'api', level: 'info', destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
  );
  return lines;
}

test('a line is JSON with the process, the level name, and an ISO time', () => {
  const [line] = logged((log) => log.warn({ jobId: 'job-1' }, 'Look'));
  expect(line).toMatchObject({ level: 'warn', process: 'api', pid: process.pid, jobId: 'job-1', msg: 'Look' });
  expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('a field with the name of a secret is never written, at any level', () => {
  const secret = 'hunter2';
  const lines = logged((log) => {
    log.info({ token: secret, password: secret, apiKey: secret }, 'top');
    log.info({ req: { headers: { authorization: secret, cookie: secret, 'set-cookie': [secret] } } }, 'deep');
    log.child({ secret }).info({ body: { spec: { user_data: secret, inner: { privateKey: secret } } } }, 'deeper');
  });
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(lines[0]).toMatchObject({ token: '[removed]' });
});

test('an error is written with its message and stack', () => {
  const [line] = logged((log) => log.error({ err: new Error('No.') }, 'Failed'));
  expect(line).toMatchObject({ err: { message: 'No.', stack: expect.stringContaining('Error: No.') } });
});
