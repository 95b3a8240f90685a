import { describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { createStore } from '#db/store.ts';
import type { Command } from '#db/transactions/answers.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import type { Dialect } from '../dialects.ts';
import { made, order, settle, useFixture } from './fixture.ts';

const answer: Command<Purchased>['answer'] = ({ server, job }) => ({ server: server.id, state: job.state });
const idempotency = { token: 'shop', key: 'key-1', bodyHash: 'hash' };

/** What is tried again because the answer to its commit was lost. */
export function lostCommits(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('a purchase whose commit is not answered', () => {
    test.each([
      ['with', idempotency],
      ['without', null],
    ])('%s a key gets the first answer, also if its job has ended before the second try', async (_, given) => {
      const endJobs = async () => {
        for (const { id } of (await my.dump()).jobs) await settle(my.store, id, made);
      };
      const store = createStore(tryingAgain(my.database, endJobs));
      const { body, recorded } = await store.recordPurchase(order(), { idempotency: given, answer });
      expect(body).toEqual({ server: recorded?.server.id, state: 'released' });
      // Published is what the job is now.
      expect(recorded?.job.state).toBe('succeeded');
      const { servers, answers } = await my.dump();
      expect([servers.length, answers.map((stored) => stored.body)]).toEqual([1, given ? [body] : []]);
    });
  });
}

/** A database that commits each transaction, and tries it again after `meanwhile`. */
function tryingAgain(database: Database, meanwhile: () => Promise<void>): Database {
  return {
    ...database,
    transact: async (name, steps, options) => {
      await database.transact(name, steps, options);
      await meanwhile();
      return database.transact(name, steps, options);
    },
  };
}
