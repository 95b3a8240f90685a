import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Token } from '#src/config/tokens.ts';

const cookieName = 'ghostifi_session';
const sessionMs = 12 * 60 * 60_000;

/**
 * The dashboard's sessions: a cookie with the token's name and an expiry time, valid for 12 hours. Its signature uses a
 * key derived from the token's secret, so every API process accepts it, and removing the token ends the session.
 */
export interface Sessions {
  start(response: Response, token: Token): void;
  end(response: Response): void;
  /** The token of a valid session cookie; null without one. */
  tokenOf(request: Request): Token | null;
}

export function createSessions(tokens: readonly Token[], now: () => Date): Sessions {
  return {
    start: (response, token) => {
      const expires = now().getTime() + sessionMs;
      response.cookie(cookieName, seal(token, expires), { ...cookieOptions(response), maxAge: sessionMs });
    },
    end: (response) => void response.clearCookie(cookieName, cookieOptions(response)),
    tokenOf: (request) => {
      for (const value of cookiesOf(request)) {
        const token = unseal(tokens, value, now().getTime());
        if (token) return token;
      }
      return null;
    },
  };
}

function cookieOptions({ req }: Response) {
  // `req.secure` is false for the scheme in capitals.
  const secure = req.protocol.toLowerCase() === 'https';
  return { httpOnly: true, sameSite: 'strict', path: '/', secure } as const;
}

function seal(token: Token, expires: number): string {
  return `${token.name}.${expires}.${signature(token, expires)}`;
}

function unseal(tokens: readonly Token[], value: string, now: number): Token | null {
  const [name, expires = '', given = ''] = value.split('.');
  const token = tokens.find((token) => token.name === name);
  if (!token || !/^\d{13}$/.test(expires) || Number(expires) <= now) return null;
  return isEqual(given, signature(token, Number(expires))) ? token : null;
}

/** Takes the same time wherever the texts differ. */
function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function signature({ name, sessionKey }: Token, expires: number): string {
  return createHmac('sha256', sessionKey).update(`${name}.${expires}`).digest('base64url');
}

/** All cookies with this name: pages at another path or parent domain may have set one too. */
function cookiesOf(request: Request): string[] {
  const pairs = (request.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${cookieName}=`)).map((pair) => pair.slice(cookieName.length + 1));
}
