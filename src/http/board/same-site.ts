import type { Request, RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';

/**
 * Refuses changes that a page of another site asks the browser for. Browsers say where a call comes from; one that does
 * not say is refused too.
 */
export const refuseOtherSites: RequestHandler = (request, _response, next) => {
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (changes && !isFromHere(request)) {
    throw new Problem(
      'forbidden',
      'This call does not come from a page of this service. Open the dashboard and try there.',
    );
  }
  next();
};

function isFromHere(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = request.get('origin');
  if (origin === undefined) return site === 'same-origin';
  return URL.canParse(origin) && new URL(origin).host === request.host;
}
