import type { Request, Response } from 'express';

/** What the last form has led to, for the next page. */
export interface Flash {
  readonly kind: 'done' | 'refused';
  readonly message: string;
}

const cookieName = 'ghostifi_message';
const options = { httpOnly: true, sameSite: 'strict', path: '/console' } as const;
const maxAge = 60_000;
const maxLength = 800;

/** Keeps the message for the next page of this browser. */
export function setFlash(response: Response, { kind, message }: Flash): void {
  const text = Buffer.from(JSON.stringify({ kind, message: message.slice(0, maxLength) })).toString('base64url');
  response.cookie(cookieName, text, { ...options, maxAge });
}

/** The message of the last form, which is shown once; null: there is none. */
export function takeFlash(request: Request, response: Response): Flash | null {
  const [, text] = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]+)`).exec(request.get('cookie') ?? '') ?? [];
  if (text === undefined) return null;
  response.clearCookie(cookieName, options);
  return flashIn(text);
}

function flashIn(text: string): Flash | null {
  try {
    const { kind, message } = JSON.parse(Buffer.from(text, 'base64url').toString());
    return { kind: kind === 'done' ? 'done' : 'refused', message: String(message) };
  } catch {
    // Another program has set the cookie.
    return null;
  }
}
