import type { Store } from '#db/store.ts';
import { ConfigError } from '#src/config/read.ts';

/**
 * Throws ConfigError where the machines in the database were made under another INSTALLATION. A worker would find none of
 * them by their tags: it would make second ones, and take the first for gone.
 */
export async function assertOwnInstallation(
  store: Pick<Store, 'readTime' | 'readSetting' | 'claimInstallation'>,
  installation: string,
): Promise<void> {
  // Read first: a worker starts beside a database that is locked, too.
  const known = await store.readSetting('installation');
  if (known?.value === installation) return;
  const claimed = await store.claimInstallation(installation, await store.readTime());
  if (claimed === installation) return;
  throw new ConfigError([
    `INSTALLATION is "${installation}", but the machines in this database are tagged with "${claimed}": set INSTALLATION=${claimed}, or another DATABASE_URL.`,
  ]);
}
