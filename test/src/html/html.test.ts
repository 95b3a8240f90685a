import { expect, test } from 'vitest';
import { Html, html } from '#src/html/html.ts';

test('inserted text is escaped, HTML and lists of it are not', () => {
  const items = ['<b>', `"'&`].map((text) => html`<li title="${text}">${text}</li>`);
  expect(html`<ul>${items}</ul>${new Html('<hr>')}${7}`.text).toBe(
    '<ul><li title="&#60;b&#62;">&#60;b&#62;</li>\n<li title="&#34;&#39;&#38;">&#34;&#39;&#38;</li></ul><hr>7',
  );
});
