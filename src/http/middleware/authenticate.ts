import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { digestOf, type Token } from '#src/config/tokens.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Route } from '#src/http/route.ts';
import { type Access, access, mayUse } from './access.ts';
import { requestContext, setContext } from './request-context.ts';

export interface IdentifyDeps {
  readonly tokens: readonly Token[];
  /** The token of the dashboard's session cookie; null without a valid session. */
  readonly sessionOf: (request: Request) => Token | null;
}

const challenge = 'Bearer realm="ghostifi"';

/** Notes the token of the request, before anything is limited or refused. */
export function identify(deps: IdentifyDeps): RequestHandler {
  return (request, response, next) => {
    setContext(response, { token: tokenIn(deps, request) });
    next();
  };
}

/**
 * Checks the token that `identify` has noted, and its role. Only reads (GET, HEAD) may use a dashboard session. Throws a
 * Problem. The context gets the route and the caller.
 */
export function authenticate({ path, access: needed }: Route): RequestHandler {
  return (request, response, next) => {
    setContext(response, { route: path });
    if (needed !== 'anyone') {
      const token = callerOf(request, response);
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

function tokenIn({ tokens, sessionOf }: IdentifyDeps, request: Request): Token | null {
  const header = request.get('authorization');
  if (header === undefined) return sessionOf(request);
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  return secret === undefined ? null : findToken(tokens, secret);
}

function callerOf(request: Request, response: Response): Token {
  const { token } = requestContext(response);
  const hasHeader = request.get('authorization') !== undefined;
  if (token && (hasHeader || isRead(request))) return token;
  if (hasHeader)
    throw unauthorized(
      'The token is unknown. Send a token of this installation.',
      `${challenge}, error="invalid_token"`,
    );
  throw unauthorized(
    'The request has no token. Send one of this installation: Authorization: Bearer <token>.',
    challenge,
  );
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
