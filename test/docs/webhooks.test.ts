import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { newsTypes } from '#db/news.ts';
import { freePort } from '#src/start/redis/probe.ts';
import { createWebhooks } from '#src/webhooks/webhooks.ts';
import { hasProgram, programsNamed } from '../programs.ts';
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

/** Each Node of this computer that a newcomer may have: the oldest that the README allows is 20. */
const nodes = [process.execPath, ...programsNamed('node')]
  .filter((node) => Number(/^v(\d+)/.exec(execFileSync(node, ['--version']).toString())?.[1]) >= 20)
  .filter((node, at, all) => all.findIndex((other) => realpathSync(other) === realpathSync(node)) === at);

test.each(nodes)('the receiver of the first webhook verifies what it gets, also in %s', async (node) => {
  const port = await freePort();
  const [, code = ''] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? [];
  writeFileSync(join(folder, 'receiver.mjs'), code.replace('4000', String(port)));
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), modules);
  const env = { PATH: process.env.PATH ?? '', SECRET: secret };
  const receiver = spawn(node, [join(folder, 'receiver.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void receiver.kill());
  let out = '';
  receiver.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  const webhooks = createWebhooks(webhookSealer, { privateAddresses: 'allow' });
  const send = (secretSealed: string) => {
    const endpoint = { id: 'hook-1', url: `http://127.0.0.1:${port}/`, secretSealed, oldSealed: null, oldUntil: null };
    const body = '{"type":"server.ready","data":{"serverId":"srv-1","status":"running"}}';
    return webhooks.send({ endpoint, messageId: 'msg_evt-1', body, at: new Date() });
  };
  await vi.waitFor(async () => expect((await send(secretSealed)).status).toBe(204), { timeout: 30_000 });
  expect(await send(old.secretSealed)).toMatchObject({ status: 401 });
  await vi.waitFor(() => expect(out).toMatch(/^verified server.ready srv-1 running\nrefused: .+\n$/));
});
