import { type Html, html } from '#src/html/html.ts';
import type { AssetPath } from '#src/pages/assets/serve-assets.ts';

export interface CustomerPage {
  readonly title: string;
  /** After how many seconds a browser loads it again; null: never. */
  readonly refreshSeconds?: number | null;
  /** The address that the browser opens at once; not given: it stays. */
  readonly goTo?: string;
  readonly body: Html;
}

/** A whole page. It works without its script, which only makes it live. */
export function pageHtml(asset: AssetPath, { title, refreshSeconds = null, goTo, body }: CustomerPage): string {
  const live = refreshSeconds === null ? '' : html` data-live`;
  const refresh = html`<noscript><meta http-equiv="refresh" content="${refreshSeconds ?? 0}"></noscript>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no">
${refreshSeconds === null ? '' : refresh}
${goTo === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${goTo}">`}
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${asset('console.css')}">
<link rel="stylesheet" href="${asset('customer.css')}">
<script src="${asset('customer.js')}" defer></script>
</head>
<body class="customer"${live}>
${body}
</body>
</html>
`.text;
}

const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** A time in UTC; the script shows it in the zone of the browser. */
export function timeHtml(at: Date): Html {
  const instant = at.toISOString();
  return html`<time datetime="${instant}" title="${instant}">${format.format(at)} UTC</time>`;
}
