import type { Response } from 'express';
import type { Caller } from '#src/keys/caller.ts';

/** Facts about a request that the middleware collects for the log, the metrics and the handlers. */
export interface RequestContext {
  requestId: string;
  /** The name of the key or token; `anyone` without one. */
  caller: string;
  /** Whose key or token the request's header or its session cookie has; null: it has no valid one. */
  key: Caller | null;
  /** Why it is not known whose key it is: the database did not answer. */
  unidentified?: unknown;
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
