import type { TestApi } from '../http/api-under-test.ts';
import { secrets } from '../http/call-and-check.ts';

const formType = { 'content-type': 'application/x-www-form-urlencoded' };
const fromHere = { 'sec-fetch-site': 'same-origin' };

export interface Shown {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser without scripts, with the session of a role. */
export interface Visitor {
  get(path: string): Promise<Shown>;
  /** Sends a form, and follows its redirect. */
  post(path: string, fields?: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Shown>;
  /** Sends the form with this action that the page has, with its hidden fields. */
  submit(page: Shown, action: string, fields?: Readonly<Record<string, string>>): Promise<Shown>;
}

/** Signs in; null: visits without a session. */
export async function visitor(api: TestApi, as: keyof typeof secrets | null): Promise<Visitor> {
  const cookies = new Map<string, string>();
  const send = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie !== '' && { cookie }) };
    const answer = await fetch(api.url + path, { ...init, method, headers, redirect: 'manual' });
    for (const set of answer.headers.getSetCookie()) keep(cookies, set);
    return answer;
  };
  const get = async (path: string) => shown(await send('GET', path));
  const post: Visitor['post'] = async (path, fields = {}, headers = fromHere) => {
    const body = new URLSearchParams(fields).toString();
    const answer = await send('POST', path, { headers: { ...formType, ...headers }, body });
    return answer.status === 303 ? get(answer.headers.get('location') ?? '') : shown(answer);
  };
  if (as !== null) await post('/admin/login', { token: secrets[as], next: '/console/runbook' });
  return { get, post, submit: (page, action, fields) => post(action, { ...hiddenIn(page, action), ...fields }) };
}

function keep(cookies: Map<string, string>, set: string): void {
  const [pair = ''] = set.split(';');
  const [name = '', value = ''] = pair.split('=');
  if (value === '') cookies.delete(name);
  else cookies.set(name, value);
}

async function shown(answer: Response): Promise<Shown> {
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

function hiddenIn({ text }: Shown, action: string): Record<string, string> {
  const form = text.split('<form').find((part) => part.includes(`method="post" action="${action}"`));
  if (form === undefined) throw new Error(`The page has no form with the action ${action}.`);
  const inputs = form.split('</form>')[0]?.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g) ?? [];
  return Object.fromEntries([...inputs].map(([, name, value]) => [name, value]));
}
