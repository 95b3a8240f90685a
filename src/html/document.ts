import { type Html, html } from './html.ts';

export interface HtmlDocument {
  readonly title: string;
  readonly styleSheets: readonly string[];
  /** Paths of scripts, which run after the document has been parsed. */
  readonly scripts: readonly string[];
  readonly body: Html;
}

/** A whole document. No search engine lists it. */
export function documentHtml({ title, styleSheets, scripts, body }: HtmlDocument): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content='{"includeIndicatorCSS":false,"history":false,"morphIgnore":["data-htmx-powered","open"]}'>
<title>${title} · GhostiFi</title>
<link rel="icon" href="/docs/favicon-32x32.png">
${styleSheets.map((path) => html`<link rel="stylesheet" href="${path}">`)}
${scripts.map((path) => html`<script src="${path}" defer></script>`)}
</head>
${body}
</html>
`.text;
}
