import type { Response } from 'express';

/** What the middleware has found out about a request, for those that come after it. */
export interface RequestContext {
  requestId: string;
  /** The name of the token; `anyone` without one. */
  caller: string;
  /** The path of the route as it is documented; absent where none has answered. */
  route?: string;
}

export function requestContext(response: Response): RequestContext {
  // Only `know` writes here.
  return response.locals as RequestContext;
}

export function setContext(response: Response, context: Partial<RequestContext>): void {
  Object.assign(response.locals, context);
}
