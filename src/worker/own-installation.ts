import { installationSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { ConfigError } from '#src/config/read.ts';

/**
 * Throws ConfigError if the machines in the database belong to another INSTALLATION. A worker finds machines by their
 * tags, so it would consider these machines gone and order new ones.
 */
export async function assertOwnInstallation(
  store: Pick<Store, 'readTime' | 'readSetting' | 'claimInstallation'>,
  installation: string,
): Promise<void> {
  // The read comes first, so that a worker also starts while the database is locked for writing.
  const recorded = await store.readSetting(installationSetting);
  if (recorded?.value === installation) return;
  const claimed = await store.claimInstallation(installation, await store.readTime());
  if (claimed === installation) return;
  throw new ConfigError([
    `INSTALLATION is "${installation}", but the machines in this database are tagged with "${claimed}": set INSTALLATION=${claimed}, or another DATABASE_URL.`,
  ]);
}
