import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { digestOf, type Token } from '#src/config/tokens.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { type Access, access, mayUse } from './access.ts';
import { setContext } from './request-context.ts';

export interface AuthenticateDeps {
  readonly tokens: readonly Token[];
  /** The token behind the dashboard's session cookie; null: no valid one. */
  readonly sessionOf: (request: Request) => Token | null;
}

const challenge = 'Bearer realm="ghostifi"';

/** Lets those with the access through: with a bearer token, or for reading with a session of the dashboard. */
export function authenticate(deps: AuthenticateDeps, needed: Access): RequestHandler {
  return (request, response, next) => {
    if (needed !== 'anyone') {
      const token = tokenOf(deps, request);
      // Before the refusal, so that the log names whose it was.
      setContext(response, { caller: token.name });
      if (!mayUse(token.role, needed)) throw forbidden(token, needed);
    }
    next();
  };
}

/** Compares with every token whatever it finds, so that the time it takes tells nothing. */
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
    throw unauthorized('Send a token of this installation: Authorization: Bearer <token>.', challenge);
  }
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  const token = secret === undefined ? null : findToken(tokens, secret);
  if (!token) throw unauthorized('This token is not known here.', `${challenge}, error="invalid_token"`);
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
  return new Problem('forbidden', `Token ${name} is a ${role}; this takes ${roles.join(' or ')}.`, {
    members: { role, needed: roles },
  });
}
