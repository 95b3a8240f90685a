import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type NewsType, newsTypes } from '#db/news.ts';
import { openDatabase } from '#db/open.ts';
import type { DueDelivery } from '#db/reads/news.ts';
import { createStore, type Store } from '#db/store.ts';
import { type AttemptEnd, type DeliverDeps, deliver } from '#queues/news/perform.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import { createWebhooks } from '#src/webhooks/webhooks.ts';
import { actor } from '../../db/conformance/fixture.ts';
import { newWebhookSecret, webhookSealer } from '../../secrets-key.ts';
import { type Receiver, startReceiver } from '../../webhook-receiver.ts';
import { quiet } from '../../world.ts';
import { testRun } from '../workplace.ts';

export interface NewsScene {
  readonly store: Store;
  readonly deps: DeliverDeps;
  readonly receiver: Receiver;
  readonly secret: string;
  readonly hookId: string;
  readonly clock: { now: Date };
  /** What settles have published. */
  readonly published: DueDelivery[];
  /** The ends of the attempts, as the metrics count them. */
  readonly attempts: AttemptEnd[];
  pass(seconds: number): void;
  run(id: string, changes?: Parameters<typeof testRun>[1]): Promise<RunEnd>;
  /** Runs every delivery that is due, as the sweeper would publish them, until none is. Returns the ends. */
  runDue(): Promise<RunEnd[]>;
  states(): Promise<string[]>;
}

/** A service without queue: the tests run its deliveries. Its one endpoint is a real receiver. */
export async function newsScene(types: readonly NewsType[] = newsTypes): Promise<NewsScene> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-news-'));
  const database = await openDatabase(`file:${join(folder, 'test.db')}`, { sync: () => Promise.resolve() });
  const store = createStore(database);
  const receiver = await startReceiver();
  onTestFinished(async () => {
    await receiver.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const hookId = 'hook-1';
  const { secret, secretSealed } = newWebhookSecret(hookId);
  await store.addEndpoint({ id: hookId, url: receiver.url, types: [...types], secretSealed }, actor());
  const clock = { now: new Date() };
  const published: DueDelivery[] = [];
  const attempts: AttemptEnd[] = [];
  const deps: DeliverDeps = {
    store,
    webhooks: createWebhooks(webhookSealer, { privateAddresses: 'allow' }),
    slots: { take: async () => async () => undefined },
    now: () => clock.now,
    log: quiet,
    onAttempt: (end) => void attempts.push(end),
    publish: (due) => void published.push(...due),
  };
  const run: NewsScene['run'] = (id, changes) => deliver(testRun(id, changes), deps);
  return {
    store,
    deps,
    receiver,
    secret,
    hookId,
    clock,
    published,
    attempts,
    pass: (seconds) => {
      clock.now = new Date(clock.now.getTime() + seconds * 1_000);
    },
    run,
    runDue: async () => {
      const ends: RunEnd[] = [];
      for (let due = await store.readDueDeliveries(clock.now); due.length > 0; ) {
        ends.push(...(await Promise.all(due.map(({ id }) => run(id)))));
        due = await store.readDueDeliveries(clock.now);
      }
      return ends;
    },
    states: async () => (await store.readDeliveries({ endpointId: hookId, limit: 200 })).map(({ state }) => state),
  };
}
