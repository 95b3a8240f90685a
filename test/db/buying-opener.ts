/** Buys servers at DATABASE_URL until it is killed, and says so on a line each. */
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { sealNewKeys } from '../secrets-key.ts';

const store = createStore(await openDatabase(process.env.DATABASE_URL ?? ''));
for (let n = 0; ; n++) {
  await store.recordPurchase(
    {
      ...{
        customer: 'ada',
        location: 'ewr',
        plan: 'small',
        reference: null,
        provider: 'simulator',
        domain: 'vpn.test',
      },
      ...{ maxServers: null, requestedBy: 'shop', requestId: null, now: new Date(), sealNewKeys },
    },
    { idempotency: { token: `${process.pid}`, key: `${n}`, bodyHash: '' }, answer: ({ server }) => server.id },
  );
  process.stdout.write(`${n}\n`);
}
