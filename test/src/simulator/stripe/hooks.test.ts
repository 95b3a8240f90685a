import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { noticeIn } from '#src/payments/stripe/notice.ts';
import { createVerifier } from '#src/payments/stripe/signature.ts';
import { simulatedStripe } from './simulated-stripe.ts';

interface Delivery {
  readonly body: string;
  readonly signature: string;
}

/** An address that takes deliveries. It answers 503 to the first ones. */
async function receiver(refusals = 0) {
  const deliveries: Delivery[] = [];
  let refused = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (refused++ < refusals) return void response.writeHead(503).end();
    deliveries.push({ body, signature: String(request.headers['stripe-signature']) });
    response.writeHead(200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { deliveries, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const types = (deliveries: readonly Delivery[]) => deliveries.map(({ body }) => noticeIn(Buffer.from(body))?.type);

test('Each event is delivered with a right signature, in both forms', async () => {
  const stripe = await simulatedStripe();
  const { deliveries, url } = await receiver();
  await stripe.control('hooks', { url, secret: 'whsec_1', form: 'both' });
  await stripe.buy();
  const forms = (type: string) =>
    deliveries.map(({ body }) => noticeIn(Buffer.from(body))).filter((notice) => notice?.type === type);
  await vi.waitFor(() =>
    expect(
      forms('invoice.paid')
        .map((notice) => notice?.form)
        .toSorted(),
    ).toEqual(['snapshot', 'thin']),
  );
  const verify = createVerifier(['whsec_1']);
  for (const { body, signature } of deliveries) {
    expect(await verify(Buffer.from(body), signature, new Date())).toBe(true);
  }
});

test('A delivery that fails is tried again; copies are sent; a dropped one is not', async () => {
  const stripe = await simulatedStripe();
  const { deliveries, url } = await receiver(1);
  await stripe.control('hooks', { url, secret: 'whsec_1', copies: 2 });
  const id = await stripe.buy();
  await vi.waitFor(() => expect(types(deliveries).filter((type) => type === 'invoice.paid')).toHaveLength(2));
  await stripe.control('hooks', { url, secret: 'whsec_1', drop: 1 });
  await stripe.control(`${id}/pause`);
  await stripe.control('hooks', { url, secret: 'whsec_1' });
  await stripe.control(`${id}/cancel`);
  await vi.waitFor(() => expect(types(deliveries)).toContain('customer.subscription.deleted'));
  expect(types(deliveries)).not.toContain('customer.subscription.paused');
});

test('A simulator that knows the address from its start sends every event there', async () => {
  const { deliveries, url } = await receiver();
  const stripe = await simulatedStripe({ hook: { url, secret: 'whsec_1' } });
  await stripe.buy();
  await vi.waitFor(() => expect(types(deliveries).filter((type) => type === 'invoice.paid')).toHaveLength(2));
  const verify = createVerifier(['whsec_1']);
  const [first] = deliveries;
  expect(await verify(Buffer.from(first?.body ?? ''), first?.signature ?? '', new Date())).toBe(true);
});
