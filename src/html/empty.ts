import { type Html, html } from './html.ts';

/** Says that there is nothing, and what to do next. */
export function empty(nothing: string, next: Html | string): Html {
  return html`<div class="empty"><p>${nothing}</p><p>${next}</p></div>`;
}
