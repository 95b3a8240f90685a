import type { Response } from 'express';
import type { Token } from '#src/config/tokens.ts';

/** Facts about a request that the middleware collects for the log, the metrics and the handlers. */
export interface RequestContext {
  requestId: string;
  /** The token's name; `anyone` without a token. */
  caller: string;
  /** The valid token of the request's header, or of its session cookie; null: it has none. */
  token: Token | null;
  /** The route's path as documented, such as `/v1/servers/{id}`; absent if no route matched. */
  route?: string;
  /** The type of the problem that it was answered with; absent if it succeeded. */
  problem?: string;
  /** The JSON Pointer to the first field that the problem names. */
  pointer?: string;
}

export function requestContext(response: Response): RequestContext {
  // Only `setContext` writes here, and the first middleware sets `requestId` and `caller`.
  return response.locals as RequestContext;
}

export function setContext(response: Response, context: Partial<RequestContext>): void {
  Object.assign(response.locals, context);
}
