import express, { type Router } from 'express';
import { z } from 'zod';
import type { Book } from './book.ts';
import { type Hooks, hooksSchema } from './hooks.ts';
import { cancelAt, cancelNow, collect, pause, recover, refuseCard, renew } from './life.ts';
import { passTime } from './passing-time.ts';
import { decideDispute, dispute, refund } from './returns.ts';
import type { Subscription } from './shapes.ts';

const refundSchema = z.strictObject({
  amount: z.int().min(1).nullable().default(null),
  metadata: z.record(z.string(), z.string()).default({}),
  status: z.enum(['succeeded', 'failed']).default('succeeded'),
});

/** What can happen to a subscription, by the name in the path. */
const acts: Readonly<Record<string, (book: Book, subscription: Subscription, body: unknown) => void>> = {
  renew: (book, subscription) => {
    renew(book, subscription);
    collect(book, subscription);
  },
  fail: (book, subscription) => {
    refuseCard(book, subscription);
    renew(book, subscription);
    collect(book, subscription);
  },
  recover: (book, subscription) => recover(book, subscription),
  pause: (book, subscription) => pause(book, subscription),
  cancel: (book, subscription) => cancelNow(book, subscription),
  'cancel-at-end': (book, subscription) =>
    cancelAt(book, subscription, subscription.items.data[0]?.current_period_end ?? null),
  undo: (book, subscription) => cancelAt(book, subscription, null),
  refund: (book, subscription, body) => refund(book, subscription, refundSchema.parse(body ?? {})),
  dispute: (book, subscription) => dispute(book, subscription),
  win: (book, subscription) => decideDispute(book, subscription, 'won'),
  lose: (book, subscription) => decideDispute(book, subscription, 'lost'),
};

const clockSchema = z.strictObject({
  advance: z
    .int()
    .min(1)
    .max(400 * 24 * 3_600),
});

/** The control API of the simulated Stripe: its time, its hooks, and what happens to a subscription. */
export function stripeControl(book: Book, hooks: Hooks): Router {
  const router = express.Router();
  router.post('/clock', async (request, response) => {
    const asked = clockSchema.safeParse(request.body);
    if (!asked.success) return void response.status(400).json({ error: 'advance is a number of seconds.' });
    book.advance(asked.data.advance);
    passTime(book);
    await book.flush();
    response.json({ now: new Date(book.now() * 1_000).toISOString() });
  });
  router.get('/hooks', (_request, response) => {
    const { settings } = hooks;
    response.json({ hooks: settings && { ...settings, secret: '…' } });
  });
  router.post('/hooks', (request, response) => {
    const asked = hooksSchema.safeParse(request.body);
    if (!asked.success) return void response.status(400).json({ error: z.prettifyError(asked.error) });
    hooks.set(asked.data);
    response.status(204).end();
  });
  router.delete('/hooks', (_request, response) => {
    hooks.set(null);
    response.status(204).end();
  });
  router.post('/:id/:act', async (request, response) => {
    const subscription = book.get('subscription', request.params.id);
    const act = acts[request.params.act];
    if (subscription === null || act === undefined) {
      return void response.status(404).json({ error: `Subscriptions can ${Object.keys(acts).join(', ')}.` });
    }
    act(book, subscription, request.body);
    await book.flush();
    response.json({ subscription: book.must('subscription', subscription.id) });
  });
  return router;
}
