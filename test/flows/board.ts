const form = { method: 'POST', redirect: 'manual' } as const;
const fromHere = { 'sec-fetch-site': 'same-origin' };

/** Signs in; returns the session's cookie. */
async function signIn(apiUrl: string, token: string): Promise<string> {
  const body = new URLSearchParams({ token, next: '' });
  const signedIn = await fetch(`${apiUrl}/admin/login`, { ...form, headers: fromHere, body });
  return signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** Signs in to Bull Board; the returned function reads one of its paths. Throws if an answer is an error. */
export async function openBoard(apiUrl: string, token: string): Promise<(path: string) => Promise<string>> {
  const cookie = await signIn(apiUrl, token);
  return (path) => readPage(`${apiUrl}/admin/queues/api/${path}`, cookie);
}

/** The console, as a browser with a session sees it. */
export interface Console {
  /** Throws if the answer is an error. */
  read(path: string): Promise<string>;
  /** Sends a form. Returns the page that follows, with the message of what came of it. */
  send(path: string, fields: Readonly<Record<string, string>>): Promise<string>;
}

export async function openConsole(apiUrl: string, token: string): Promise<Console> {
  const session = await signIn(apiUrl, token);
  return {
    read: (path) => readPage(apiUrl + path, session),
    send: async (path, fields) => {
      const headers = { ...fromHere, cookie: session };
      const answer = await fetch(apiUrl + path, { ...form, headers, body: new URLSearchParams(fields) });
      const [message = ''] = answer.headers.get('set-cookie')?.split(';') ?? [];
      return readPage(apiUrl + answer.headers.get('location'), `${session}; ${message}`);
    },
  };
}

async function readPage(url: string, cookie: string): Promise<string> {
  const answer = await fetch(url, { headers: { cookie } });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url} was answered with ${answer.status}: ${text}`);
  return text;
}
