import { startTestPostgres } from '../postgres.ts';
import type { ScenarioDatabase } from './setting.ts';

/** A Postgres server for one installation, which can be restarted. */
export async function ownPostgres(): Promise<ScenarioDatabase> {
  const postgres = await startTestPostgres();
  return { url: await postgres.createDatabase(), restart: postgres.restart, close: postgres.stop };
}
