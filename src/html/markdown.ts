import { Marked } from 'marked';
import { Html } from './html.ts';

/** The path of a link's target, such as `#provider` or `deploy.md#backup`; null: the target is not to be had. */
export type LinkTo = (target: string) => string | null;

/** HTML of a Markdown text of our own: HTML in it stays HTML. A link without a target becomes text. */
export function markdown(text: string, linkTo: LinkTo): Html {
  const marked = new Marked({
    renderer: {
      link({ href, tokens }) {
        const [shown, path] = [this.parser.parseInline(tokens), linkTo(href)];
        return path === null ? shown : `<a href="${path}">${shown}</a>`;
      },
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${idOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>`;
      },
    },
  });
  return new Html(marked.parse(text, { async: false }));
}

/** As on GitHub. */
function idOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
