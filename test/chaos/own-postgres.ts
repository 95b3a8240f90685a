import { startTestPostgres } from '../postgres.ts';
import type { DatabasePlace } from './setting.ts';

/** A Postgres of the installation's own, which can be restarted. */
export async function ownPostgres(): Promise<DatabasePlace> {
  const postgres = await startTestPostgres();
  return { url: await postgres.createDatabase(), restart: postgres.restart, close: postgres.stop };
}
