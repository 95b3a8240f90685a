import type { Scope } from '#db/keys.ts';
import { documentHtml } from '#src/html/document.ts';
import { type Html, html } from '#src/html/html.ts';
import { copiedText } from '#src/html/id-link.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';
import type { AssetPath } from './assets/serve-assets.ts';
import type { Flash } from './flash.ts';
import type { View } from './page.ts';
import { searchPath } from './paths.ts';

export interface Shell {
  readonly asset: AssetPath;
  /** The pages in the navigation. */
  readonly nav: readonly { readonly name: string; readonly path: string; readonly scope: Scope | undefined }[];
}

export interface ShownPage extends View {
  /** The path of the page. */
  readonly path: string;
  /** The text of the search field. */
  readonly asked: string;
  readonly caller: Caller;
  readonly flash: Flash | null;
}

/** A page of the console, as HTML. */
export function consoleHtml({ asset, nav }: Shell, page: ShownPage): string {
  const { title, body, hasCharts = false, path, asked, caller, flash } = page;
  const [styles, scripts] = hasCharts ? chartFiles : [[], []];
  return documentHtml({
    title,
    styleSheets: ['console.css' as const, ...styles].map(asset),
    scripts: ['htmx.js' as const, 'console.js' as const, ...scripts].map(asset),
    body: html`<body class="console">
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="/">GhostiFi</a>
<form class="search" role="search" method="get" action="${searchPath}">
<input type="search" name="q" aria-label="Search" placeholder="Customer, server, address, order, job" maxlength="200" value="${asked}">
<button type="submit" class="plain">Search</button>
</form>
<p class="who">${caller.name} · <a href="/admin/logout">Sign out</a></p>
</header>
<nav aria-label="Console"><ul>
${nav.filter(({ scope }) => scope === undefined || mayUse(caller, scope)).map((entry) => entryHtml(entry, path))}
<li><a href="/admin/queues">Bull Board</a></li>
<li><a href="/docs">API</a></li>
</ul></nav>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${flash && flashHtml(flash)}
${body}
</main>
</body>`,
  });
}

function flashHtml({ kind, message, copied }: Flash): Html {
  return html`<p class="flash ${kind}" role="status">${message}${copied === undefined ? null : html` ${copiedText(copied)}`}</p>`;
}

const chartFiles = [['uplot.css'], ['uplot.js', 'charts.js']] as const;

function entryHtml({ name, path }: Shell['nav'][number], current: string): Html {
  const isHere = current === path || (path !== '/console' && current.startsWith(`${path}/`));
  return isHere
    ? html`<li><a href="${path}" aria-current="page">${name}</a></li>`
    : html`<li><a href="${path}">${name}</a></li>`;
}
