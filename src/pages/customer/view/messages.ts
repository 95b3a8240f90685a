import { html } from '#src/html/html.ts';
import type { CustomerPage } from './document.ts';

/** The answer to every link that does not work, whatever the reason. */
export function missingPage(): CustomerPage {
  return messagePage(
    'This link does not work',
    'It may have expired. Ask the shop where you bought your server for a new one.',
  );
}

export function problemPage(message: string): CustomerPage {
  return messagePage('That did not work', message);
}

/** The page to which Stripe leads back. */
export function donePage(): CustomerPage {
  return messagePage(
    'You are back',
    'You can close this tab. Changes at Stripe show on your server’s page within a minute.',
  );
}

/** The way to Stripe's page. It leads there at once; a form may not be redirected to another site. */
export function portalPage(url: string): CustomerPage {
  return {
    title: 'Stripe',
    goTo: url,
    body: html`<main class="message"><h1>Stripe</h1><p><a class="button" rel="noreferrer" href="${url}">Go to the page of Stripe</a></p></main>`,
  };
}

function messagePage(title: string, text: string): CustomerPage {
  return { title, body: html`<main class="message"><h1>${title}</h1><p>${text}</p></main>` };
}
