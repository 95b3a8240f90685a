import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Token } from '#src/config/tokens.ts';

const cookieName = 'ghostifi_session';
const lastsMs = 12 * 60 * 60_000;

/**
 * The dashboard's sessions: a cookie that says which token signed in and until when, signed with a key that is derived
 * from the token's secret. So every API process accepts it, and it ends with its token.
 */
export interface Sessions {
  start(response: Response, token: Token): void;
  end(response: Response): void;
  /** null: not signed in (any more). */
  tokenOf(request: Request): Token | null;
}

export function createSessions(tokens: readonly Token[], now: () => Date): Sessions {
  return {
    start: (response, token) => {
      const expires = now().getTime() + lastsMs;
      response.cookie(cookieName, seal(token, expires), { ...cookieOptions(response), maxAge: lastsMs });
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
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: req.secure } as const;
}

function seal(token: Token, expires: number): string {
  return `${token.name}.${expires}.${signature(token, expires)}`;
}

function unseal(tokens: readonly Token[], value: string, now: number): Token | null {
  const [name, expires = '', signed = ''] = value.split('.');
  const token = tokens.find((token) => token.name === name);
  if (!token || !/^\d{13}$/.test(expires) || Number(expires) <= now) return null;
  const [given, right] = [Buffer.from(signed), Buffer.from(signature(token, Number(expires)))];
  return given.length === right.length && timingSafeEqual(given, right) ? token : null;
}

function signature({ name, sessionKey }: Token, expires: number): string {
  return createHmac('sha256', sessionKey).update(`${name}.${expires}`).digest('base64url');
}

/** Every cookie of our name: another path or domain may have set one too. */
function cookiesOf(request: Request): string[] {
  const pairs = (request.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${cookieName}=`)).map((pair) => pair.slice(cookieName.length + 1));
}
