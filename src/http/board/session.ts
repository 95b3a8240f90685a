import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Caller } from '#src/keys/caller.ts';
import { cookieOptions } from './cookie-options.ts';
import type { Identities, Identity } from './identities.ts';

const cookieName = 'ghostifi_session';
const sessionMs = 12 * 60 * 60_000;

/**
 * The dashboard's sessions: a cookie with the name of a token or the id of a key, and an expiry time, valid for 12 hours.
 * It is signed with a key that depends on the secret, so every API process accepts it, and it ends with the secret.
 */
export interface Sessions {
  start(response: Response, identity: Identity): void;
  end(response: Response): void;
  /** Who has the valid session cookie of the request; null: nobody. Throws DatabaseBusyError. */
  callerOf(request: Request): Promise<Caller | null>;
}

export function createSessions(identities: Pick<Identities, 'named'>, now: () => Date): Sessions {
  return {
    start: (response, identity) => {
      const expires = now().getTime() + sessionMs;
      response.cookie(cookieName, seal(identity, expires), { ...cookieOptions(response, '/'), maxAge: sessionMs });
    },
    end: (response) => void response.clearCookie(cookieName, cookieOptions(response, '/')),
    callerOf: async (request) => {
      for (const value of cookiesOf(request)) {
        const caller = await unseal(identities, value, now().getTime());
        if (caller) return caller;
      }
      return null;
    },
  };
}

function seal({ subject, signingKeys: [current] }: Identity, expires: number): string {
  if (current === undefined) throw new Error(`${subject} has no key to sign a session.`);
  return `${subject}.${expires}.${signature(current, subject, expires)}`;
}

async function unseal(identities: Pick<Identities, 'named'>, value: string, now: number): Promise<Caller | null> {
  const [subject = '', expires = '', given = ''] = value.split('.');
  if (!/^\d{13}$/.test(expires) || Number(expires) <= now) return null;
  const identity = await identities.named(subject);
  const isSigned = identity?.signingKeys.some((key) => isEqual(given, signature(key, subject, Number(expires))));
  return identity && isSigned ? identity.caller : null;
}

/** Takes the same time wherever the texts differ. */
function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function signature(key: Buffer, subject: string, expires: number): string {
  return createHmac('sha256', key).update(`${subject}.${expires}`).digest('base64url');
}

/** Each costs a read of the database, before any limit of calls counts. */
const mostCookies = 8;

/** The cookies with this name: pages at another path or parent domain may have set one too. */
function cookiesOf(request: Request): string[] {
  const pairs = (request.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  const own = pairs.filter((pair) => pair.startsWith(`${cookieName}=`)).slice(0, mostCookies);
  return own.map((pair) => pair.slice(cookieName.length + 1));
}
