import type { Request, Response } from 'express';
import { cookieOptions } from '#src/http/board/cookie-options.ts';

/** What the last form has led to, for the next page. */
export interface Flash {
  readonly kind: 'done' | 'refused';
  readonly message: string;
  /** A text after it, with a button that copies it. */
  readonly copied?: string;
}

const cookieName = 'ghostifi_message';
const path = '/console';
const maxAge = 60_000;
const maxLength = 800;

/** Keeps the message for the next page of this browser. */
export function setFlash(response: Response, { kind, message, copied }: Flash): void {
  const kept = { kind, message: message.slice(0, maxLength), copied };
  const text = Buffer.from(JSON.stringify(kept)).toString('base64url');
  response.cookie(cookieName, text, { ...cookieOptions(response, path), maxAge });
}

/** The message of the last form, which is shown once; null: there is none. */
export function takeFlash(request: Request, response: Response): Flash | null {
  const [, text] = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]+)`).exec(request.get('cookie') ?? '') ?? [];
  if (text === undefined) return null;
  response.clearCookie(cookieName, cookieOptions(response, path));
  return flashIn(text);
}

function flashIn(text: string): Flash | null {
  try {
    const { kind, message, copied } = JSON.parse(Buffer.from(text, 'base64url').toString());
    const flash = { kind: kind === 'done' ? 'done' : 'refused', message: String(message) } as const;
    return copied === undefined ? flash : { ...flash, copied: String(copied) };
  } catch {
    // Another program has set the cookie.
    return null;
  }
}
