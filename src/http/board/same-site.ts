import type { Request, RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';

/**
 * Rejects changes requested by a page of another site (CSRF). Browsers send the source in Sec-Fetch-Site and Origin; a
 * request with neither is rejected too. Throws a Problem.
 */
export const rejectOtherSites: RequestHandler = (request, _response, next) => {
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (changes && !isSameOrigin(request)) {
    throw new Problem(
      'forbidden',
      'The request does not come from a page of this service. Use the dashboard. A proxy must pass on the Host header.',
    );
  }
  next();
};

function isSameOrigin(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = request.get('origin');
  if (origin === undefined) return site === 'same-origin';
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const own = ownAddress(request, page.protocol);
  // The browser has compared the ports, too; a proxy may pass on another one, or none.
  return site === 'same-origin' ? page.hostname === own?.hostname : page.host === own?.host;
}

/** The address at which the client called this service, as far as the proxies have passed it on. */
function ownAddress({ host }: Request, protocol: string): URL | null {
  return URL.parse(`${protocol}//${host}`);
}
