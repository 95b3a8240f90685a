import { Html, html } from '#src/html/html.ts';
import { css } from '#src/simulator/page-style.ts';

/** A whole page of the simulated Stripe. It needs no JavaScript. */
export function wholePage(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(css)}${new Html(formCss)}</style>
</head>
<body>
<header><h1>${title}</h1><p>Simulated: no money moves. <a href="/stripe/shop">Shop</a> · <a href="/">Simulator</a></p></header>
${content}
</body>
</html>
`.text;
}

const formCss = `
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .8rem 0; }
label { display: grid; gap: .2rem; }
input, select, button { font: inherit; padding: .4rem .7rem; border-radius: .4rem; border: 1px solid currentColor; }
button { cursor: pointer; }
`;
