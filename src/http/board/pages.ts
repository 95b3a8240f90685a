import { type Html, html } from '#src/html/html.ts';

interface SignIn {
  /** The path to open after the sign-in. */
  readonly next: string;
  /** Why the last attempt failed; null on the first. */
  readonly error: string | null;
}

/** The sign-in page, as HTML. */
export function signInPage({ next, error }: SignIn): string {
  const errorLine = error === null ? '' : html`<p class="error" role="alert">${error}</p>`;
  return pageHtml(
    'Sign in',
    html`<form method="post" action="/admin/login">
<h1>GhostiFi</h1>
<p>The jobs that make, rebuild, suspend and remove servers.</p>
${errorLine}
<label for="token">API token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus maxlength="200">
<input type="hidden" name="next" value="${next}">
<button type="submit">Sign in</button>
<p class="hint">A key with the scope board:act may retry jobs, and pause or resume the queue. One with board:read reads.</p>
</form>`,
  );
}

/** The sign-out page, as HTML; `name` is the token's. */
export function signOutPage(name: string): string {
  return pageHtml(
    'Sign out',
    html`<form method="post" action="/admin/logout">
<h1>GhostiFi</h1>
<p>Signed in with the token <b>${name}</b>.</p>
<button type="submit">Sign out</button>
<p class="hint"><a href="/admin/queues">Back to the queue</a></p>
</form>`,
  );
}

function pageHtml(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · GhostiFi</title>
<link rel="stylesheet" href="/admin/style.css">
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text;
}

export const styleSheet = `:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef2f6, #0f141a); color: light-dark(#1c2733, #dbe4ee); }
main { box-sizing: border-box; width: min(26rem, calc(100% - 2rem)); margin: 1rem 0; padding: clamp(1.25rem, 6vw, 2rem); border-radius: 0.75rem; background: light-dark(#fff, #18212b); box-shadow: 0 0.5rem 2rem rgb(0 0 0 / 15%); }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.02em; }
p { margin: 0.25rem 0 1.25rem; }
label { display: block; font-weight: 600; margin-bottom: 0.25rem; }
input, button { box-sizing: border-box; width: 100%; font: inherit; padding: 0.6rem 0.75rem; border-radius: 0.4rem; }
input { border: 1px solid light-dark(#a9b8c7, #43566a); background: transparent; color: inherit; }
button { margin-top: 1rem; border: 0; background: #0b6e5f; color: #fff; font-weight: 600; cursor: pointer; }
button:hover { background: #095a4e; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid #4bb6a5; outline-offset: 2px; }
a { color: light-dark(#0b6e5f, #5fd0bd); }
.error { padding: 0.5rem 0.75rem; border-radius: 0.4rem; background: light-dark(#fdecec, #46191b); color: light-dark(#8c1d20, #ffc9c9); }
.hint { margin: 1rem 0 0; font-size: 0.875rem; opacity: 0.8; }
`;
