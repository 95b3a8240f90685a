/** Opens DATABASE_URL, and buys while its disk never ends a flush. Prints what the client would be told. */
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { order, plain } from './conformance/fixture.ts';

let isOpen = false;
const never = new Promise<void>(() => undefined);
const database = await openDatabase(process.env.DATABASE_URL ?? '', {
  sync: () => (isOpen ? never : Promise.resolve()),
});
isOpen = true;
const store = createStore(database);
store.recordPurchase(order(), plain).then(
  () => process.stdout.write('acknowledged\n'),
  (error: unknown) => process.stdout.write(`refused: ${error}\n`),
);
setInterval(async () => {
  const { servers } = await store.readFigures();
  if (servers.length > 0) process.stdout.write('committed\n');
}, 20);
