import { type Html, html } from './html.ts';

/** An id that leads to its page, with a button that copies it. The button appears with the script that serves it. */
export function idLink(id: string, path: string): Html {
  return html`<span class="id"><a href="${path}">${id}</a>${copyButton(id)}</span>`;
}

/** A text with a button that copies it. */
export function copiedText(text: string): Html {
  return html`<span class="id"><code>${text}</code>${copyButton(text)}</span>`;
}

function copyButton(text: string): Html {
  return html`<button type="button" class="copy" data-copy="${text}" aria-label="Copy ${text}" title="Copy"></button>`;
}
