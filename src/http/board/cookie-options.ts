import type { Response } from 'express';

/** For a cookie that neither scripts nor other sites get, and that leaves no page of https without encryption. */
export function cookieOptions({ req }: Response, path: string) {
  // `req.secure` is false for the scheme in capitals.
  const secure = req.protocol.toLowerCase() === 'https';
  return { httpOnly: true, sameSite: 'strict', path, secure } as const;
}
