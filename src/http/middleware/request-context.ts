import type { Response } from 'express';

/** What the middleware has found out about a request, for those that come after it. */
export interface Known {
  requestId: string;
  /** The name of the token; `anyone` without one. */
  caller: string;
  /** The path of the route as it is documented; absent where none has answered. */
  route?: string;
}

export function knownOf(response: Response): Known {
  // Only `know` writes here.
  return response.locals as Known;
}

export function know(response: Response, known: Partial<Known>): void {
  Object.assign(response.locals, known);
}
