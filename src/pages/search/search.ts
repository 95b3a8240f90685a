import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import type { Page } from '#src/pages/page.ts';
import { searchPath } from '#src/pages/paths.ts';
import { customersHit } from './customers.ts';
import { findings } from './finders.ts';

export const searchPage: Page = {
  path: searchPath,
  show: async (visit) => {
    const wanted = cleaned(visit.asked('q'));
    if (wanted === '') return { title: 'Search', body: empty('Nothing was asked for.', hint) };
    const found = await Promise.all([...findings(visit, wanted), customersHit(visit, wanted)]);
    const hits = found.filter((hit): hit is Html => hit !== null);
    const title = `Search: ${wanted}`;
    return { title, body: hits.length > 0 ? html`${hits}` : empty(`Nothing is known by ${wanted}.`, hint) };
  },
};

const hint =
  'Give a customer, the id or the name of a server, an IPv4 or IPv6 address that a server has or had, an order reference, the id of a job, or that of a subscription.';

const maxLength = 200;

/** Without what people copy along: spaces, quotes, `mailto:`, and the name before an e-mail address. */
function cleaned(text: string): string {
  const [, inBrackets] = /<([^<>]+@[^<>]+)>/.exec(text) ?? [];
  return (inBrackets ?? text)
    .replace(/^mailto:/i, '')
    .replaceAll(/^[\s"'<(]+|[\s"'>),;.]+$/g, '')
    .slice(0, maxLength);
}
