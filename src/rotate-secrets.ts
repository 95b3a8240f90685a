import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { runCommand } from './command.ts';
import { ownAuthorities, rotateConfig } from './config/commands.ts';
import { prepareConnections } from './outgoing/prepare.ts';
import { rotate } from './vpn/rotate.ts';
import { createSealer } from './vpn/sealed.ts';

/** `npm run rotate-secrets`: seals all secrets of SECRETS_KEY_OLD with SECRETS_KEY, also while the service runs. */
await runCommand(async () => {
  const { databaseUrl, secretsKeys } = rotateConfig();
  prepareConnections(ownAuthorities());
  const sealer = createSealer(secretsKeys);
  const store = createStore(await openDatabase(databaseUrl));
  try {
    const { rows, resealed } = await rotate(store, sealer);
    return `Sealed the VPN keys of ${resealed} servers again. All ${rows} are now sealed with the key ${sealer.keyId}. Only backups still need SECRETS_KEY_OLD.`;
  } finally {
    await store.close();
  }
});
