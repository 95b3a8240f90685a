import { setTimeout as delay } from 'node:timers/promises';
import type { ShopJob } from '#src/start/storefront.ts';
import type { Customer } from './customer.ts';
import { cancelKeep, dunningGrace } from './demo-config.ts';
import type { Stage } from './stage.ts';
import { watchJobs } from './watch-jobs.ts';

const hedy = 'hedy@example.com';
const returnUrl = 'https://shop.example/account';
const pollEveryMs = 200;
const timeoutMs = 60_000;

/** A customer buys in the shop, does not pay the renewal, pays later, and cancels: each decides about her server. */
export async function playPaidStory(stage: Stage, customer: Customer): Promise<void> {
  const { shop, say } = stage;
  say('\nHedy buys a server in the simulated shop. Stripe reports the payment, and the server is made.');
  await customer.buy(hedy, 'fra');
  const serverId = await watchNext(stage, 'create', 1);
  const keys = await shop.vpnConfig(serverId);
  const subscriptionId = await subscriptionOf(stage);

  say(`\nHer card is refused at the renewal. After the grace of ${dunningGrace} her server is suspended.`);
  await customer.failRenewal(subscriptionId);
  await watchNext(stage, 'suspend', 1);

  say('\nShe pays with a new card, and the server comes back, with the same name and keys.');
  await customer.press(await shop.portal(subscriptionId, returnUrl), 'pay', subscriptionId);
  await watchNext(stage, 'resume', 1);
  if ((await shop.vpnConfig(serverId)) !== keys) throw new Error(`the VPN of ${serverId} has changed.`);

  say(`\nShe cancels. Her server is suspended at once, and destroyed after ${cancelKeep}.`);
  await customer.press(await shop.portal(subscriptionId, returnUrl), 'cancel-now', subscriptionId);
  await watchNext(stage, 'suspend', 2);
  await watchNext(stage, 'destroy', 1);
}

/** Waits for so many jobs of this kind for her server, and shows the last one until it has succeeded. */
async function watchNext(stage: Stage, kind: string, count: number): Promise<string> {
  const job = await until(stage, `${kind} of her server`, async () => {
    const found = (await jobsOfHedy(stage)).filter((one) => one.kind === kind);
    return found.length >= count ? found[0] : undefined;
  });
  await watchJobs(stage, [job.id]);
  return job.serverId;
}

/** Newest first. */
async function jobsOfHedy({ shop }: Stage): Promise<ShopJob[]> {
  const hers = (await shop.servers(50)).filter(({ customer }) => customer === hedy).map(({ id }) => id);
  return (await shop.jobs(50)).filter(({ serverId }) => hers.includes(serverId));
}

async function subscriptionOf(stage: Stage): Promise<string> {
  const read = async () => (await stage.shop.subscriptions(hedy)).find(({ standing }) => standing === 'good');
  return (await until(stage, 'paid subscription', read)).id;
}

/** Throws after a minute. */
async function until<T>({ signal }: Stage, what: string, look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    signal.throwIfAborted();
    if (performance.now() > giveUpAt) throw new Error(`there was no ${what} after ${timeoutMs / 1000} s.`);
    await delay(pollEveryMs);
  }
}
