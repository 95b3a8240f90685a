import { documentHtml } from '#src/html/document.ts';
import { type Html, html } from '#src/html/html.ts';
import { boardPath, signInPath } from '#src/http/board/paths.ts';
import type { State } from '#src/http/services/readiness.ts';
import type { Caller } from '#src/keys/caller.ts';
import type { AssetPath } from '#src/pages/assets/serve-assets.ts';
import { overviewPath } from '#src/pages/paths.ts';

interface Landing {
  readonly asset: AssetPath;
  readonly state: State;
  /** null: there is no session. Then the page has only the state and the way to the sign-in. */
  readonly caller: Caller | null;
}

/** The page at `/`, as HTML. */
export function landingHtml({ asset, state, caller }: Landing): string {
  return documentHtml({
    title: 'Welcome',
    styleSheets: [asset('console.css')],
    scripts: [],
    body: html`<body class="landing">
<main>
<h1>GhostiFi</h1>
<p>Sells VPN servers, makes their machines at a cloud, and keeps them there.</p>
<p class="flash ${state.status === 'ok' ? 'done' : 'refused'}" role="status">${readinessSentence(state)}</p>
${caller ? linksHtml(caller) : html`<p><a class="button" href="${signInPath}?next=${encodeURIComponent(overviewPath)}">Sign in</a></p>`}
</main>
</body>`,
  });
}

function linksHtml({ name }: Caller): Html {
  return html`<ul class="links">
<li><a href="${overviewPath}">Console</a>: servers, jobs, alerts and money</li>
<li><a href="${boardPath}">Bull Board</a>: the queue and its jobs</li>
<li><a href="/docs">The API</a>: all calls, with their schemas</li>
<li><a href="/console/runbook">Runbook</a>: what to do about each alert</li>
</ul>
<p class="hint">Signed in with the token ${name}. <a href="/admin/logout">Sign out</a></p>`;
}

const faults = {
  database: (state: State) => (state.database === 'ok' ? null : 'The database does not take writes.'),
  disk: ({ disk }: State) =>
    ({ ok: null, low: 'The disk of the database is nearly full.', full: 'The disk of the database is full.' })[disk],
  redis: ({ redis }: State) => (redis === 'ok' ? null : 'Redis does not answer as it should: jobs start later.'),
  workers: ({ workers }: State) => (workers === 'degraded' ? 'No worker is connected: no job starts.' : null),
  provider: ({ provider }: State) => (provider === 'ok' ? null : 'The cloud does not answer as it should.'),
};

/** The state of the service in words, such as `Well: purchases are accepted.` */
export function readinessSentence(state: State): string {
  const found = Object.values(faults).flatMap((faultOf) => faultOf(state) ?? []);
  const start = state.status === 'ok' ? 'Purchases are accepted.' : 'Purchases are refused now.';
  return found.length === 0 && state.status === 'ok' ? `All is well. ${start}` : [start, ...found].join(' ');
}
