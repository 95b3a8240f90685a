import { type Html, html } from '#src/html/html.ts';
import type { Visit } from '#src/pages/customer/visit.ts';
import { timeHtml } from './document.ts';

/** The way to Stripe's page; nothing if the link may not open it, or no subscription pays for the server. */
export function billingSection({ may, path, subscriptionId, services }: Visit): Html | string {
  if (!may.includes('billing') || subscriptionId === null || services.payments === null) return '';
  return html`<section id="billing" class="sheet">
<h2>Payment</h2>
<p>Change your card, see your invoices, or cancel, on the page of Stripe. It opens in a new tab.</p>
<form method="post" action="${path}/billing" target="_blank"><button class="plain" type="submit">Open Stripe</button></form>
</section>`;
}

export function footer({ link }: Visit): Html {
  return html`<footer><p>This link works until ${timeHtml(link.expiresAt)}. Whoever has it can do what you can do here: keep it to yourself.</p></footer>`;
}
