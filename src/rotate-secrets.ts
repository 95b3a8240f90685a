import { existsSync } from 'node:fs';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { runCommand } from './command.ts';
import { ownAuthorities, rotateConfig } from './config/commands.ts';
import { prepareConnections } from './outgoing/prepare.ts';
import { UsageError } from './usage.ts';
import { rotate } from './vpn/rotate.ts';
import { createSealer, webhookSecrets } from './vpn/sealed.ts';
import { resealWebhooks } from './webhooks/rotate.ts';

const help = `Usage: npm run rotate-secrets
Seals all secrets of SECRETS_KEY_OLD with SECRETS_KEY, also while the service runs. docs/runbook.md has the steps before
and after it.`;

await runCommand({ help }, async () => {
  const { databaseUrl, secretsKeys } = rotateConfig();
  assertExists(databaseUrl);
  prepareConnections(ownAuthorities());
  const sealer = createSealer(secretsKeys);
  const ofWebhooks = createSealer(secretsKeys, webhookSecrets);
  const store = createStore(await openDatabase(databaseUrl));
  try {
    const { rows, resealed } = await rotate(store, sealer);
    const webhooks = await resealWebhooks(store, ofWebhooks);
    return `Sealed the VPN keys of ${resealed} servers and the secrets of ${webhooks} webhooks again. All ${rows} are now sealed with the key ${sealer.keyId}. Only backups still need SECRETS_KEY_OLD.`;
  } finally {
    await store.close();
  }
});

/** Otherwise a new, empty database would be made, and all of its keys would count as sealed again. */
function assertExists(databaseUrl: string): void {
  const file = databaseUrl.startsWith('file:') ? databaseUrl.slice('file:'.length) : null;
  if (file !== null && !existsSync(file)) throw new UsageError(`There is no database ${file}. Check DATABASE_URL.`);
}
