import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Installation } from './installation.ts';
import type { Shop } from './shop.ts';

/** The line for cron in docs/deploy.md. */
const backUp = ['exec', '-T', 'api', 'node', 'src/backup.ts', '--keep', '1'];
const alerts = z.object({ items: z.array(z.object({ kind: z.string(), message: z.string() })) });
const reportedWithinMs = 120_000;

/** Backs up twice as cron does, without a terminal, and proves that the backup can be restored. */
export async function backUpTwice({ compose }: Installation): Promise<string> {
  assert.match(await compose(...backUp), /^Backed up .* to \/data\/backups\/ghostifi-\S+\.db .*checked\)\.\s*$/);
  assert.match(await compose(...backUp), /Deleted 1 older\.\s*$/, 'The second backup deletes nothing.');
  const drilled = await compose('exec', '-T', 'api', 'node', 'src/restore.ts', '--drill');
  assert.match(drilled, /can be restored: servers: .*VPN keys open\. Nothing was changed\.\s*$/);
  return drilled.trim();
}

/** Restores the backup after two more purchases, as the runbook says. No machine may be removed. */
export async function restore(installation: Installation, shop: Shop, operator: string): Promise<string> {
  const { compose, composeWith, healthy } = installation;
  const before = await shop.expectOneMachineEach();
  await shop.buy(2);
  await shop.allRunning();
  await assert.rejects(compose('exec', '-T', 'api', 'sh', '-c', restoreNewest), /is in use/);
  await compose('stop', 'api', 'worker');
  await compose('run', '--rm', '-T', '--no-deps', 'api', 'sh', '-c', restoreNewest);
  await composeWith({ WORKERS: '1' }, 'up', '-d');
  await healthy('worker', 1);
  const unknown = await untilUnknown(installation, operator, 2);
  for (const { message } of unknown) assert.match(message, /No row has the server in its tag/);
  await compose('up', '-d');
  await healthy('worker', 4);
  assert.equal(await shop.expectOneMachineEach(), before + 2);
  return `${before} servers are back; two machines without a row are reported, and none is removed; a plain up brings back four workers`;
}

const restoreNewest = 'node src/restore.ts "$(ls /data/backups/*.db)"';

async function untilUnknown({ url }: Installation, operator: string, count: number) {
  const giveUpAt = performance.now() + reportedWithinMs;
  for (;;) {
    const answer = await fetch(`${url}/v1/alerts`, { headers: { authorization: `Bearer ${operator}` } });
    const found = alerts.parse(await answer.json()).items.filter(({ kind }) => kind === 'unknown-machine');
    if (found.length === count) return found;
    assert.ok(performance.now() < giveUpAt, `${found.length} machines without a row were reported after 2 minutes.`);
    await delay(1_000);
  }
}
