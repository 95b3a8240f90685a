import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { digestOf, type Token } from '#src/config/tokens.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Route } from '#src/http/route.ts';
import { type Access, access, mayUse } from './access.ts';
import { setContext } from './request-context.ts';

export interface AuthenticateDeps {
  readonly tokens: readonly Token[];
  /** The token of the dashboard's session cookie; null without a valid session. */
  readonly sessionOf: (request: Request) => Token | null;
}

const challenge = 'Bearer realm="ghostifi"';

/**
 * Checks the bearer token and its role. Reads (GET, HEAD) may use a dashboard session instead. Throws a Problem. The
 * context gets the route and the caller.
 */
export function authenticate(deps: AuthenticateDeps, { path, access: needed }: Route): RequestHandler {
  return (request, response, next) => {
    setContext(response, { route: path });
    if (needed !== 'anyone') {
      const token = tokenOf(deps, request);
      // Set before the role check, so that the log of a 403 names the token.
      setContext(response, { caller: token.name });
      if (!mayUse(token.role, needed)) throw forbidden(token, needed);
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

function tokenOf({ tokens, sessionOf }: AuthenticateDeps, request: Request): Token {
  const header = request.get('authorization');
  if (header === undefined) {
    const token = isRead(request) ? sessionOf(request) : null;
    if (token) return token;
    throw unauthorized(
      'The request has no token. Send one of this installation: Authorization: Bearer <token>.',
      challenge,
    );
  }
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  const token = secret === undefined ? null : findToken(tokens, secret);
  if (!token)
    throw unauthorized(
      'The token is unknown. Send a token of this installation.',
      `${challenge}, error="invalid_token"`,
    );
  return token;
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function unauthorized(detail: string, header: string): Problem {
  return new Problem('unauthorized', detail, { headers: { 'WWW-Authenticate': header } });
}

function forbidden({ name, role }: Token, needed: Access): Problem {
  const roles = access[needed];
  return new Problem(
    'forbidden',
    `Token ${name} has the role ${role}. This request needs the role ${roles.join(' or ')}.`,
    {
      members: { role, needed: roles },
    },
  );
}
