import type { Request, RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';

/**
 * Rejects changes requested by a page of another site (CSRF). Browsers send the source in Sec-Fetch-Site and Origin; a
 * request with neither is rejected too. Throws a Problem.
 */
export const rejectOtherSites: RequestHandler = (request, _response, next) => {
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (changes && !isSameOrigin(request)) {
    throw new Problem('forbidden', 'The request does not come from a page of this service. Use the dashboard.');
  }
  next();
};

function isSameOrigin(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = request.get('origin');
  if (origin === undefined) return site === 'same-origin';
  return URL.canParse(origin) && new URL(origin).host === request.host;
}
