import { type Html, html } from '#src/html/html.ts';
import { invoicesOf } from './billing.ts';
import type { Book } from './book.ts';
import { placesOf } from './offer.ts';
import type { PortalSession, Price, Session, Subscription } from './shapes.ts';
import { wholePage } from './whole-page.ts';

/** The shop: what it sells, and the form that begins a purchase. */
export function shopPage(book: Book): string {
  const prices = book
    .all('price')
    .filter(({ active }) => active)
    .reverse();
  const options = prices.map(
    ({ id, ...price }) =>
      html`<option value="${id}">${nameOf(book, price)}, ${money(price.unit_amount ?? 0, price.currency)} a month</option>`,
  );
  return wholePage(
    'GhostiFi shop',
    html`<section><h2>Buy a VPN server</h2>
<form method="post" action="/stripe/shop">
<label>Server <select name="price">${options}</select></label>
<label>Place <select name="location">${placesOf(book).map((place) => html`<option>${place}</option>`)}</select></label>
<label>Your e-mail address <input name="email" type="email" required value="alice@example.com"></label>
<button>Buy</button>
</form></section>`,
  );
}

/** Stripe's page where the customer pays. */
export function payPage(book: Book, session: Session): string {
  const price = book.must('price', session.order.price);
  const amount = money((price.unit_amount ?? 0) * session.order.quantity, price.currency);
  const title = `Pay ${amount}`;
  if (session.status !== 'open')
    return wholePage(title, html`<section><p>This checkout is ${session.status ?? 'closed'}.</p></section>`);
  return wholePage(
    title,
    html`<section><h2>${nameOf(book, price)}</h2>
<form method="post">
<label>Card <input name="card" value="4242 4242 4242 4242" autocomplete="off"></label>
<button name="how" value="paid">Pay</button>
<button name="how" value="declined">The bank declines</button>
<button name="how" value="bank">The bank asks (3-D Secure)</button>
<button name="how" value="later">Pay by debit (takes days)</button>
<button name="how" value="cancel">Back to the shop</button>
</form></section>`,
  );
}

/** Shown after a payment that waits for the customer's bank. */
export function bankPage(session: Session): string {
  return wholePage(
    'Confirm with your bank',
    html`<section><form method="post" action="/stripe/pay/${session.id}/bank">
<button name="how" value="confirm">Confirm</button> <button name="how" value="refuse">Refuse</button>
</form></section>`,
  );
}

export function messagePage(title: string, message: string): string {
  return wholePage(title, html`<section><p>${message}</p></section>`);
}

/** Stripe's page where the customer changes the card or cancels. */
export function portalPage(book: Book, session: PortalSession): string {
  const mine = book.all('subscription').filter(({ customer }) => customer === session.customer);
  const back = html`<p><a href="${session.return_url ?? '/stripe/shop'}">Back</a></p>`;
  return wholePage('Your subscriptions', html`${mine.map((one) => subscriptionSection(book, one))}${back}`);
}

function subscriptionSection(book: Book, subscription: Subscription): Html {
  const { id, status, cancel_at, items } = subscription;
  const price = items.data[0]?.price;
  const ends = cancel_at === null ? '' : `, ends on ${dayOf(cancel_at)}`;
  const open = invoicesOf(book, id).filter((invoice) => invoice.status === 'open');
  const other = book.all('price').filter((one) => one.active && one.id !== price?.id);
  return html`<section><h2>${price ? nameOf(book, price) : id}</h2>
<p>${id}: ${status}${ends}. ${open.length === 0 ? 'Nothing is open.' : `${open.length} invoice(s) open.`}</p>
<form method="post"><input type="hidden" name="subscription" value="${id}">
<button name="do" value="cancel-at-end">Cancel at the end of the period</button>
<button name="do" value="cancel-now">Cancel now</button>
<button name="do" value="undo">Keep it</button>
<button name="do" value="pay">Use a new card and pay</button>
<label>Plan <select name="price">${other.map((one) => html`<option value="${one.id}">${nameOf(book, one)}</option>`)}</select></label>
<button name="do" value="change">Change the plan</button>
</form></section>`;
}

function nameOf(book: Book, { product }: Pick<Price, 'product'>): string {
  return book.get('product', product)?.name ?? product;
}

function money(amount: number, currency: string): string {
  return `${(amount / 100).toFixed(2)} ${currency.toUpperCase()}`;
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10);
}
