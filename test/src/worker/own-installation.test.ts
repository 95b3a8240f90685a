import { expect, test, vi } from 'vitest';
import { ConfigError } from '#src/config/read.ts';
import { assertOwnInstallation } from '#src/worker/own-installation.ts';
import { useWorkplace } from '../../queues/workplace.ts';

const place = useWorkplace();

test('a worker with the INSTALLATION of another database names the right one', async () => {
  await assertOwnInstallation(place.store, 'prod');
  await place.running();
  await assertOwnInstallation(place.store, 'prod');
  const other = assertOwnInstallation(place.store, 'staging');
  await expect(other).rejects.toBeInstanceOf(ConfigError);
  await expect(other).rejects.toThrow('set INSTALLATION=prod');
});

test('a worker with the recorded INSTALLATION writes nothing', async () => {
  await assertOwnInstallation(place.store, 'prod');
  const claimInstallation = vi.fn(() => Promise.reject(new Error('The database is locked.')));
  await assertOwnInstallation({ ...place.store, claimInstallation }, 'prod');
  expect(claimInstallation).not.toHaveBeenCalled();
});
