import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFile } from './ensure-file.ts';
import { StartError } from './start-error.ts';

/** The name of the service in docker-compose.yml. */
const address = 'redis:6379';

/**
 * Creates the password of the Redis of docker-compose.yml, unless it exists: in `redis.conf`, which that Redis reads,
 * and in `url`, for REDIS_URL_FILE. Throws StartError if the existing `redis.conf` has no password.
 */
export function ensureRedisSecrets(folder: string): void {
  const settings = join(folder, 'redis.conf');
  const [, password] = /^requirepass (\S+)$/m.exec(ensureFile(settings, newSettings)) ?? [];
  if (password === undefined)
    throw new StartError(`${settings} has no line "requirepass <password>". Delete the file to get a new password.`);
  const file = join(folder, 'url');
  const url = `redis://:${encodeURIComponent(password)}@${address}\n`;
  if (ensureFile(file, () => url) === url) return;
  // Somebody has replaced the password.
  rmSync(file);
  ensureFile(file, () => url);
}

function newSettings(): string {
  return `# Created once. Delete the file to get a new password; then restart Redis, the API and the workers.\nrequirepass ${randomBytes(24).toString('hex')}\n`;
}
