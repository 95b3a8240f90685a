import type Stripe from 'stripe';
import type { Charge } from '#queues/ports/payments.ts';
import { chargeOf, idOf } from './facts.ts';

/** The most that one call lists. */
const limit = 100;

/**
 * Reads the newest charges of a customer, with their refunds and disputes. Returns a function that finds those of an
 * invoice whose payments are expanded; null: they are older than what was read. One call gives the charges of all
 * invoices, while a charge names no invoice.
 */
export async function readCharges(
  stripe: Stripe,
  customer: string,
): Promise<(invoice: Stripe.Invoice) => readonly Charge[] | null> {
  const page = await stripe.charges.list({ customer, limit, expand: ['data.refunds'] });
  const charges = await withDisputes(stripe, page.data);
  return (invoice) => {
    const payments = paymentsOf(invoice);
    const found = charges.filter(({ charge }) => payments.some((payment) => isOf(charge, payment)));
    return found.length < payments.length && page.has_more ? null : found.map(({ read }) => read);
  };
}

/** The charges of one invoice, whatever their age. */
export async function readChargesOf(stripe: Stripe, invoice: Stripe.Invoice): Promise<readonly Charge[]> {
  const pages = await Promise.all(
    paymentsOf(invoice).map(async ({ payment_intent, charge }) => {
      if (payment_intent === undefined)
        return [await stripe.charges.retrieve(idOf(charge ?? ''), { expand: ['refunds'] })];
      const asked = { payment_intent: idOf(payment_intent), limit, expand: ['data.refunds'] };
      return (await stripe.charges.list(asked)).data;
    }),
  );
  return (await withDisputes(stripe, pages.flat())).map(({ read }) => read);
}

/** Money that came by bank transfer or outside of Stripe has no charge, and so neither refund nor dispute. */
function paymentsOf({ payments }: Stripe.Invoice): Stripe.InvoicePayment.Payment[] {
  const paid = payments?.data.filter(({ status }) => status === 'paid') ?? [];
  return paid.map(({ payment }) => payment).filter((one) => (one.payment_intent ?? one.charge) !== undefined);
}

function isOf({ id, payment_intent: own }: Stripe.Charge, { payment_intent, charge }: Stripe.InvoicePayment.Payment) {
  if (charge !== undefined && idOf(charge) === id) return true;
  return payment_intent !== undefined && own !== null && idOf(payment_intent) === idOf(own);
}

interface ReadCharge {
  readonly charge: Stripe.Charge;
  readonly read: Charge;
}

function withDisputes(stripe: Stripe, charges: readonly Stripe.Charge[]): Promise<ReadCharge[]> {
  const succeeded = charges.filter(({ status }) => status === 'succeeded');
  return Promise.all(
    succeeded.map(async (charge) => {
      const disputes = charge.disputed ? (await stripe.disputes.list({ charge: charge.id, limit })).data : [];
      return { charge, read: chargeOf(charge, disputes) };
    }),
  );
}
