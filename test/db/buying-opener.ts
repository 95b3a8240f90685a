/**
 * Buys servers at DATABASE_URL until it is killed, and prints a line for each. It tries again while the database is
 * busy.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseBusyError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { sealNewKeys } from '../secrets-key.ts';
import { order } from './conformance/fixture.ts';

const store = createStore(await openDatabase(process.env.DATABASE_URL ?? ''));
for (let n = 0; ; n++) {
  while (!(await buy(n)));
  process.stdout.write(`${n}\n`);
  // Without a pause this process would get the lock before all others that wait for it.
  await delay(5);
}

/** False: nothing was recorded, because other processes held the lock for too long. */
async function buy(n: number): Promise<boolean> {
  try {
    await store.recordPurchase(order({ requestId: null, now: new Date(), sealNewKeys }), {
      idempotency: { token: `${process.pid}`, key: `${n}`, bodyHash: '' },
      answer: ({ server }) => server.id,
    });
    return true;
  } catch (error) {
    if (error instanceof DatabaseBusyError) return false;
    throw error;
  }
}
