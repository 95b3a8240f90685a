import { describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { KeyReusedError, SaleClosedError } from '#db/errors.ts';
import { saleSetting } from '#db/settings.ts';
import type { Context, Steps } from '#db/steps.ts';
import { createStore } from '#db/store.ts';
import type { Command } from '#db/transactions/answers.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import type { Dialect } from '../dialects.ts';
import { at, buy, noon, order, useFixture } from './fixture.ts';

export function purchases(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('a purchase', () => {
    test('writes itself, its server, the released create job, the row of the machine, and the history', async () => {
      const { purchase, server, job } = await buy(my.store, { reference: 'order-7' });
      const dump = await my.dump();
      expect(dump.purchases).toEqual([purchase]);
      expect(dump.servers).toEqual([server]);
      expect(dump.jobs).toEqual([job]);
      expect(dump.vpnKeys).toEqual([{ serverId: server.id, sealed: `the keys of ${server.id}` }]);
      expect(server).toMatchObject({
        purchaseId: purchase.id,
        customer: 'ada',
        reference: 'order-7',
        provider: 'simulator',
        location: 'ewr',
        plan: 'small',
        hostname: `${server.id}.vpn.test`,
        status: 'installing',
        generation: 1,
        machineId: null,
        createdAt: noon,
        updatedAt: noon,
      });
      expect(job).toMatchObject({
        serverId: server.id,
        kind: 'create',
        state: 'released',
        line: server.id,
        releasedAt: noon,
        dueAt: null,
        requestedBy: 'key:shop',
        requestId: 'req-1',
        attempts: 0,
        parked: false,
        error: null,
        finishedAt: null,
      });
      expect(dump.machines).toEqual([
        expect.objectContaining({
          id: job.machineId,
          serverId: server.id,
          generation: 1,
          name: `gf-${server.id}-1`,
          state: 'planned',
          provider: 'simulator',
          location: 'ewr',
          plan: 'small',
          providerId: null,
          createdAt: noon,
        }),
      ]);
      const history = await my.store.readHistory(server.id, 0, 10);
      expect(history.map(({ event, jobId }) => [event, jobId])).toEqual([
        ['purchased', null],
        ['started', job.id],
      ]);
      expect(history[0]).toMatchObject({
        type: 'server.purchased',
        actor: 'key:shop',
        requestId: 'req-1',
        cause: null,
        detail: { location: 'ewr', plan: 'small' },
      });
      expect(history[1]).toMatchObject({ type: 'server.create_started', actor: 'policy', cause: history[0]?.uid });
      expect(job.cause).toBe(history[0]?.uid);
    });

    test('leaves nothing behind if it is interrupted at any step', async () => {
      const before = await my.dump();
      const command = keyed('key-1');
      let steps = 0;
      for (let interrupted = true; interrupted; steps++) {
        const store = createStore(interruptedAt(my.database, steps));
        interrupted = await store.recordPurchase(order(), command).then(
          () => false,
          (error: Error) => error.message === 'interrupted' || Promise.reject(error),
        );
        if (interrupted) expect(await my.dump()).toEqual(before);
      }
      expect(steps).toBeGreaterThan(8);
      expect((await my.dump()).servers).toHaveLength(1);
    });

    test('leaves nothing behind if its answer cannot be made', async () => {
      const before = await my.dump();
      const command = { ...keyed('key-1'), answer: () => missingAnswer() };
      await expect(my.store.recordPurchase(order(), command)).rejects.toThrow('no answer');
      expect(await my.dump()).toEqual(before);
    });
  });

  describe('an Idempotency-Key', () => {
    test('that is repeated gets the same answer, and nothing is written', async () => {
      const first = await my.store.recordPurchase(order(), keyed('key-1'));
      const before = await my.dump();
      const again = await my.store.recordPurchase(order({ now: at(60) }), keyed('key-1'));
      expect(again).toEqual({ body: first.body, recorded: null });
      expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
      expect(await my.dump()).toEqual(before);
    });

    test('sent a hundred times at once buys one server and gets one answer', async () => {
      const stores = [my.store, await my.another(), await my.another()];
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          (stores[n % 3] ?? my.store).recordPurchase(order({ now: at(n) }), keyed('key-1')),
        ),
      );
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(answers.filter(({ recorded }) => recorded !== null)).toHaveLength(1);
      const { servers, purchases: bought, jobs, machines } = await my.dump();
      expect([bought, servers, jobs, machines].map((rows) => rows.length)).toEqual([1, 1, 1, 1]);
    });

    // A lost connection is recognised by its message. A key with such a text must not count as a lost connection.
    test.each(['key-1', 'connection-timeout'])('%s with another request is refused at once', async (key) => {
      await my.store.recordPurchase(order(), keyed(key));
      const before = await my.dump();
      const startedAt = performance.now();
      await expect(my.store.recordPurchase(order(), keyed(key, { bodyHash: 'other' }))).rejects.toThrow(KeyReusedError);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(await my.dump()).toEqual(before);
    });

    test('is independent of the same key of another token', async () => {
      const theirs = keyed('key-1', { token: 'partner', bodyHash: 'other' });
      const mine = await my.store.recordPurchase(order(), keyed('key-1'));
      const other = await my.store.recordPurchase(order(), theirs);
      expect(other.recorded).not.toBeNull();
      expect(await my.store.recordPurchase(order(), keyed('key-1'))).toEqual({ body: mine.body, recorded: null });
      expect(await my.store.recordPurchase(order(), theirs)).toEqual({ body: other.body, recorded: null });
      expect((await my.dump()).servers).toHaveLength(2);
    });

    test('can be used again after a purchase that was refused', async () => {
      await my.store.putSetting(saleSetting, { open: false }, noon);
      await expect(my.store.recordPurchase(order(), keyed('key-1'))).rejects.toThrow(SaleClosedError);
      await my.store.putSetting(saleSetting, { open: true }, noon);
      expect((await my.store.recordPurchase(order(), keyed('key-1'))).recorded).not.toBeNull();
    });
  });
}

function keyed(key: string, changes: { token?: string; bodyHash?: string } = {}): Command<Purchased> {
  return {
    idempotency: { token: 'shop', key, bodyHash: 'hash', ...changes },
    answer: ({ purchase, server, job }) => ({ server: server.id, purchase: purchase.id, job: { id: job.id, line: 1 } }),
  };
}

function missingAnswer(): never {
  throw new Error('no answer');
}

/** A database that interrupts every transaction before step number `stop`. */
function interruptedAt(database: Database, stop: number): Database {
  return {
    ...database,
    transact: (name, steps, options) => database.transact(name, (context) => cut(context, steps, stop), options),
  };
}

function* cut<R>(context: Context, steps: (context: Context) => Steps<R>, stop: number): Steps<R> {
  const whole = steps(context);
  let step = whole.next();
  for (let at = 0; !step.done; at++) {
    if (at === stop) throw new Error('interrupted');
    step = whole.next(yield step.value);
  }
  if (stop === 0) throw new Error('interrupted');
  return step.value;
}
