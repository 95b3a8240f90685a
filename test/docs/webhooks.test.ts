import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newsTypes } from '#db/news.ts';
import { createWebhooks } from '#src/webhooks/webhooks.ts';
import { hasProgram } from '../programs.ts';
import { newWebhookSecret, webhookSealer } from '../secrets-key.ts';
import { type Received, startReceiver } from '../webhook-receiver.ts';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const verifying = page.slice(page.indexOf('## Verify'));

interface Language {
  readonly fence: string;
  readonly file: string;
  readonly program: string;
  readonly args: readonly string[];
}

const languages: readonly Language[] = [
  { fence: 'js', file: 'verify.mjs', program: 'node', args: [] },
  { fence: 'php', file: 'verify.php', program: 'php', args: [] },
  { fence: 'python', file: 'verify.py', program: 'python3', args: [] },
  { fence: 'ruby', file: 'verify.rb', program: 'ruby', args: [] },
  { fence: 'go', file: 'verify.go', program: 'go', args: ['run'] },
  { fence: 'sh', file: 'verify.sh', program: 'sh', args: [] },
];

let folder = '';
let received: Received;
const { secret, secretSealed } = newWebhookSecret('hook-1');
const old = newWebhookSecret('hook-1');
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-verify-'));
  const receiver = await startReceiver();
  const webhooks = createWebhooks(webhookSealer, { privateAddresses: 'allow' });
  const oldUntil = new Date(Date.now() + 60_000);
  const endpoint = { id: 'hook-1', url: receiver.url, secretSealed, oldSealed: old.secretSealed, oldUntil };
  const body = '{"type":"server.ready","data":{"customer":"Zoë"}}';
  await webhooks.send({ endpoint, messageId: 'msg_evt-1', body, at: new Date() });
  const [first] = receiver.received;
  if (!first) throw new Error('Nothing was received.');
  received = first;
  await receiver.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(languages)('the program in $fence', ({ fence, file, program, args }) => {
  const missing = !(hasProgram(program) && (fence !== 'sh' || hasProgram('openssl')));

  test.skipIf(missing)('verifies a real message, and refuses a changed one', { timeout: 120_000 }, () => {
    const [, code = ''] = new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(verifying) ?? [];
    writeFileSync(join(folder, file), code);
    const run = (changes: Readonly<Record<string, string>> = {}, body = received.body) =>
      spawnSync(program, [...args, join(folder, file)], {
        input: body,
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          SECRET: secret,
          WEBHOOK_ID: received.headers['webhook-id'],
          WEBHOOK_TIMESTAMP: received.headers['webhook-timestamp'],
          WEBHOOK_SIGNATURE: received.headers['webhook-signature'],
          ...changes,
        },
      });
    const first = run();
    expect(first.status, first.stderr.toString()).toBe(0);
    expect(run({ SECRET: old.secret }).status, 'the old secret, while it is rotated').toBe(0);
    expect(run({}, received.body.replace('ready', 'failed')).status).not.toBe(0);
    expect(run({ WEBHOOK_ID: 'msg_evt-2' }).status).not.toBe(0);
    expect(run({ SECRET: newWebhookSecret('hook-1').secret }).status).not.toBe(0);
  });
});

test('the table has every type', () => {
  const rows = page.slice(page.indexOf('| type |'), page.indexOf('## Rules'));
  for (const type of newsTypes) expect(rows).toContain(type.startsWith('subscription.') ? type.split('.')[1] : type);
});

test('the receiver of the first webhook is a program that Node accepts', () => {
  const [, code = ''] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? [];
  writeFileSync(join(folder, 'receiver.mjs'), code);
  expect(execFileSync(process.execPath, ['--check', join(folder, 'receiver.mjs')]).toString()).toBe('');
});
