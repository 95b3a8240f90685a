import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Scope } from '#db/keys.ts';
import { digestOf, type Token } from '#src/config/tokens.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Route } from '#src/http/route.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';
import type { KeyRing } from '#src/keys/key-ring.ts';
import { requestContext, setContext } from './request-context.ts';

export interface IdentifyDeps {
  readonly tokens: readonly Token[];
  readonly keys: Pick<KeyRing, 'find'>;
  /** Who has the session cookie of the dashboard; null without a valid session. */
  readonly sessionOf: (request: Request) => Promise<Caller | null>;
}

const challenge = 'Bearer realm="ghostifi"';

/** Notes whose key or token the request has, before anything is limited or refused. */
export function identify(deps: IdentifyDeps): RequestHandler {
  return async (request, response, next) => {
    try {
      setContext(response, { key: await callerIn(deps, request) });
    } catch (unidentified) {
      // Routes that need no key, such as the health checks, answer while the database does not.
      setContext(response, { unidentified });
    }
    next();
  };
}

/**
 * Checks the key that `identify` has noted, and its scopes. Only reads (GET, HEAD) may use a dashboard session. Throws a
 * Problem. The context gets the route and the caller.
 */
export function authenticate({ path, access: needed }: Route): RequestHandler {
  return (request, response, next) => {
    setContext(response, { route: path });
    if (needed !== 'anyone') {
      const key = callerOf(request, response);
      // Set before the check of the scope, so that the log of a 403 names the key.
      setContext(response, { caller: key.name });
      assertMayUse(key, needed);
    }
    next();
  };
}

/** Compares with every token even after a match, so that the duration reveals nothing about the secrets. */
export function findToken(tokens: readonly Token[], secret: string): Token | null {
  const digest = digestOf(secret);
  let found: Token | null = null;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) found = token;
  return found;
}

async function callerIn({ tokens, keys, sessionOf }: IdentifyDeps, request: Request): Promise<Caller | null> {
  const header = request.get('authorization');
  if (header === undefined) return sessionOf(request);
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  return secret === undefined ? null : (findToken(tokens, secret) ?? (await keys.find(secret))?.caller ?? null);
}

function callerOf(request: Request, response: Response): Caller {
  const { key, unidentified } = requestContext(response);
  if (unidentified !== undefined) throw unidentified;
  const hasHeader = request.get('authorization') !== undefined;
  if (key && (hasHeader || isRead(request))) return key;
  if (hasHeader)
    throw unauthorized(
      'The key is unknown, revoked or expired. Send a valid key of this installation.',
      `${challenge}, error="invalid_token"`,
    );
  throw unauthorized('The request has no key. Send one of this installation: Authorization: Bearer <key>.', challenge);
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function unauthorized(detail: string, header: string): Problem {
  return new Problem('unauthorized', detail, { headers: { 'WWW-Authenticate': header } });
}

/** Throws a Problem unless the key has the scope. */
export function assertMayUse(key: Caller, needed: Scope): void {
  if (mayUse(key, needed)) return;
  const { name, scopes } = key;
  const detail = `Key ${name} does not have the scope ${needed}, which this request needs.`;
  throw new Problem('forbidden', detail, { members: { needed, scopes } });
}
