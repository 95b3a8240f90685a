import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { runCommand } from './command.ts';
import { rotateConfig } from './config/commands.ts';
import { rotate } from './vpn/rotate.ts';
import { createSealer } from './vpn/sealed.ts';

/** `npm run rotate-secrets`: what SECRETS_KEY_OLD has sealed is sealed with SECRETS_KEY, also while everything runs. */
await runCommand(async () => {
  const { databaseUrl, secretsKeys } = rotateConfig();
  const sealer = createSealer(secretsKeys);
  const store = createStore(await openDatabase(databaseUrl));
  try {
    const { rows, resealed } = await rotate(store, sealer);
    return `Sealed the VPN keys of ${resealed} servers anew; those of all ${rows} are sealed with ${sealer.keyId} now, and SECRETS_KEY_OLD is needed for backups alone.`;
  } finally {
    await store.close();
  }
});
