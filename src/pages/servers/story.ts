import type { Why } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { time } from '#src/html/time.ts';
import { ifFound } from '#src/pages/if-found.ts';
import type { Visit } from '#src/pages/page.ts';
import { eventsPath } from '#src/pages/paths.ts';

type Link = Why['chain'][number];

/** More would make the page too large. */
const mostShown = 60;

/** What happened to a server, newest first, each event with its causes; null: the session may not read it. */
export async function storyHtml({ api }: Visit, id: string): Promise<Html | null> {
  if (!api.may('GET /v1/why')) return null;
  const why = await ifFound(api.call<Why>('GET /v1/why', { query: { server: id } }));
  if (!why) return html`<p>Nothing is recorded about it.</p>`;
  const byId = new Map(why.chain.map((link) => [link.id, link]));
  const newest = why.chain.toReversed().slice(0, mostShown);
  const isCut = !why.complete || why.chain.length > mostShown;
  return html`<ol class="story" reversed>
${newest.map((link) => linkHtml(link, byId))}
</ol>${isCut ? html`<p>Older events are in <a href="${eventsPath}?server=${id}">the events of the server</a>.</p>` : null}`;
}

function linkHtml({ id, at, message, causes, calls }: Link, byId: ReadonlyMap<string, Link>): Html {
  const found = causes.flatMap((cause) => byId.get(cause) ?? []);
  return html`<li id="${id}">${time(at)} ${message}${causesHtml(found)}${callsHtml(calls)}</li>`;
}

function causesHtml(causes: readonly Link[]): Html | null {
  if (causes.length === 0) return null;
  const items = causes.map(({ id, message }) => html`<li><a href="#${id}">${message}</a></li>`);
  return html`<details><summary>Because</summary><ul>${items}</ul></details>`;
}

function callsHtml(calls: Link['calls']): Html | null {
  if (calls.length === 0) return null;
  const items = calls.map(
    ({ service, operation, target, outcome, ms }) =>
      html`<li>${service}: ${operation} ${target}, ${outcome}, ${ms} ms</li>`,
  );
  return html`<details><summary>Calls</summary><ul>${items}</ul></details>`;
}
