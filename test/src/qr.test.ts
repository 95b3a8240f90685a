import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../db/process.ts';

test('npm run qr makes no tokens where nothing has been started', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'ghostifi-qr-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  expect(await run('src/qr.ts', { cwd, args: ['srv-1'] })).toMatchObject({
    code: 1,
    out: '',
    err: 'There are no API tokens in data/api-tokens: start the service first (npm start).\n',
  });
  expect(readdirSync(cwd)).toEqual([]);
});

test.each(['0', '6', 'two', ''])('npm run qr refuses the device %j', async (device) => {
  expect(await run('src/qr.ts', { args: ['srv-1', `--device=${device}`] })).toMatchObject({
    code: 1,
    out: '',
    err: `Give the number of a device, from 1 to 5, not ${device}.\n`,
  });
});
