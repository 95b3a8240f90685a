import type Stripe from 'stripe';
import { idOf } from './facts.ts';

/** How the subscription of an object is found, by the prefix of the object's id. */
const finders: Readonly<Record<string, (stripe: Stripe, id: string) => Promise<string | null>>> = {
  sub: (_stripe, id) => Promise.resolve(id),
  in: async (stripe, id) => subscriptionOfInvoice(await stripe.invoices.retrieve(id)),
  cs: async (stripe, id) => {
    const { subscription } = await stripe.checkout.sessions.retrieve(id);
    return subscription && idOf(subscription);
  },
  pi: subscriptionOfIntent,
  ch: async (stripe, id) => ofPayment(stripe, (await stripe.charges.retrieve(id)).payment_intent),
  re: async (stripe, id) => ofPayment(stripe, (await stripe.refunds.retrieve(id)).payment_intent),
  pyr: async (stripe, id) => ofPayment(stripe, (await stripe.refunds.retrieve(id)).payment_intent),
  dp: async (stripe, id) => ofPayment(stripe, (await stripe.disputes.retrieve(id)).payment_intent),
  du: async (stripe, id) => ofPayment(stripe, (await stripe.disputes.retrieve(id)).payment_intent),
  py: async (stripe, id) => ofPayment(stripe, (await stripe.charges.retrieve(id)).payment_intent),
};

/** The subscription that an object belongs to; null: it belongs to none, or is of a kind that this product ignores. */
export async function subscriptionOf(stripe: Stripe, objectId: string): Promise<string | null> {
  const prefix = /^[a-z]+/.exec(objectId)?.[0] ?? '';
  return (await finders[prefix]?.(stripe, objectId)) ?? null;
}

function subscriptionOfInvoice({ parent }: Stripe.Invoice): string | null {
  const subscription = parent?.subscription_details?.subscription;
  return subscription ? idOf(subscription) : null;
}

async function ofPayment(stripe: Stripe, intent: string | Stripe.PaymentIntent | null): Promise<string | null> {
  return intent && subscriptionOfIntent(stripe, idOf(intent));
}

/** A payment names no invoice. The list of invoice payments does. */
async function subscriptionOfIntent(stripe: Stripe, payment_intent: string): Promise<string | null> {
  const payments = await stripe.invoicePayments.list({ payment: { type: 'payment_intent', payment_intent }, limit: 1 });
  const payment = payments.data[0];
  return payment ? subscriptionOfInvoice(await stripe.invoices.retrieve(idOf(payment.invoice))) : null;
}
