import type Stripe from 'stripe';
import type { Charge } from '#queues/ports/payments.ts';
import { chargeOf, idOf } from './facts.ts';

/** The charges that succeeded for an invoice, with their refunds and disputes. The invoice's payments are expanded. */
export async function chargesOf(stripe: Stripe, invoice: Stripe.Invoice): Promise<readonly Charge[]> {
  const payments = invoice.payments?.data.filter(({ status }) => status === 'paid') ?? [];
  const charges = await Promise.all(payments.map(({ payment }) => chargesOfPayment(stripe, payment)));
  return charges.flat();
}

async function chargesOfPayment(stripe: Stripe, payment: Stripe.InvoicePayment.Payment): Promise<readonly Charge[]> {
  const charges = (await fetchCharges(stripe, payment)).filter(({ status }) => status === 'succeeded');
  return Promise.all(charges.map((charge) => withDisputes(stripe, charge)));
}

async function fetchCharges(stripe: Stripe, payment: Stripe.InvoicePayment.Payment): Promise<readonly Stripe.Charge[]> {
  if (payment.payment_intent !== undefined) {
    const payment_intent = idOf(payment.payment_intent);
    return (await stripe.charges.list({ payment_intent, limit: 100, expand: ['data.refunds'] })).data;
  }
  // Money that came by bank transfer or outside of Stripe has no charge, and so neither refund nor dispute.
  if (payment.charge === undefined) return [];
  return [await stripe.charges.retrieve(idOf(payment.charge), { expand: ['refunds'] })];
}

async function withDisputes(stripe: Stripe, charge: Stripe.Charge): Promise<Charge> {
  if (!charge.disputed) return chargeOf(charge, []);
  return chargeOf(charge, (await stripe.disputes.list({ charge: charge.id, limit: 100 })).data);
}
