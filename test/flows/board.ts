/** Signs in to Bull Board; the returned function reads one of its paths. Throws if an answer is an error. */
export async function openBoard(apiUrl: string, token: string): Promise<(path: string) => Promise<string>> {
  const signedIn = await fetch(`${apiUrl}/admin/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ token, next: '' }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  return async (path) => {
    const answer = await fetch(`${apiUrl}/admin/queues/api/${path}`, { headers: { cookie } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`The board answered ${path} with ${answer.status}: ${text}`);
    return text;
  };
}
