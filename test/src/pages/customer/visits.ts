import { randomBytes } from 'node:crypto';
import { type LinkRight, linkRights } from '#db/links.ts';
import { digestOfLink } from '#src/http/services/link-token.ts';
import { actor, made, missing, settle } from '../../../db/conformance/fixture.ts';
import type { TestApi } from '../../http/api-under-test.ts';

export interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What a browser without scripts and without an account does. */
export interface Visitor {
  /** The path of the page, with the token. */
  readonly path: string;
  readonly linkId: string;
  get(below?: string, init?: RequestInit): Promise<Shown>;
  post(action: string, fields?: Record<string, string>): Promise<Shown>;
}

/** A visitor with a new link to the server. */
export async function visitorOf(
  api: TestApi,
  serverId: string,
  {
    may = linkRights,
    expiresAt = new Date(Date.now() + 60_000),
  }: { may?: readonly LinkRight[]; expiresAt?: Date } = {},
): Promise<Visitor> {
  const token = randomBytes(32).toString('base64url');
  const rights = linkRights.filter((right) => right === 'view' || may.includes(right));
  const wanted = { serverId, digest: digestOfLink(token), may: rights, expiresAt };
  const asked = { actor: actor(new Date(Date.now() - 1_000)), idempotency: null, answer: () => null };
  const { recorded: link } = await api.store.makeLink({ wanted, ...asked });
  return { ...visitorAt(api, `/s/${token}`), linkId: link?.id ?? missing('link') };
}

export function visitorAt(api: TestApi, path: string): Omit<Visitor, 'linkId'> {
  const ask = async (below: string, init: RequestInit) => {
    const answer = await fetch(`${api.url}${path}${below}`, { redirect: 'manual', ...init });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return {
    path,
    get: (below = '', init = {}) => ask(below, init),
    // A body of this type has the Content-Type of a form.
    post: (action, fields = {}) => ask(`/${action}`, { method: 'POST', body: new URLSearchParams(fields) }),
  };
}

export async function runningServer(api: TestApi, order: Record<string, unknown> = {}): Promise<string> {
  const { serverId, jobId } = await api.buy(order);
  await settle(api.store, jobId, made);
  return serverId;
}

/** What a person reads of a page, in one line. */
export function readable(page: string): string {
  return page
    .replace(/<(head|style|script)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}
