import { setTimeout as delay } from 'node:timers/promises';
import { whyNoPostgres } from '../../postgres.ts';
import { buyMany, whileBuying } from '../load.ts';
import { ownPostgres } from '../own-postgres.ts';
import type { Scenario } from '../scenario.ts';

const restarts = 3;

export const restartedPostgres: Scenario = {
  id: 'postgres-restart',
  about: `Postgres is restarted ${restarts} times during steady purchases and rebuilds`,
  runs: { full: 3, quick: 0 },
  skipReason: whyNoPostgres,
  setting: { database: ownPostgres },
  run: async ({ installation, random, recovered }) => {
    const { shop, database } = installation;
    const ids = await buyMany(installation, 10);
    await Promise.all(ids.map((id) => shop.until(id, 'running')));
    await whileBuying(installation, 200, async () => {
      const rebuilds = ids.map((id) => shop.rebuild(id));
      for (let count = 0; count < restarts; count++) {
        await delay(random.between(500, 4_000));
        await database.restart?.();
      }
      await Promise.all(rebuilds);
    });
    const restartedAt = performance.now();
    const [last] = await buyMany(installation, 1);
    if (last) await shop.until(last, 'running');
    recovered(performance.now() - restartedAt);
  },
};
