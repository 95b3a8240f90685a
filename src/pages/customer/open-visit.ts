import type { Request, Response } from 'express';
import type { LinkRight } from '#db/links.ts';
import { limitFailures } from '#src/http/middleware/rate-limits.ts';
import { setContext } from '#src/http/middleware/request-context.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { customerPath, digestOfLink } from '#src/http/services/link-token.ts';
import type { Services } from '#src/http/services/services.ts';
import type { OpenPageApi } from '#src/pages/api/page-api.ts';
import { callerOfLink } from './link-caller.ts';
import { createUsualTimes } from './usual-times.ts';
import type { Visit } from './visit.ts';

/** A token has 256 bits: this protects the database and the log, not the links. A link that works is never limited. */
const missesPerMinute = 30;

/** Opens the link in the path of the request. Throws a Problem if there is none with this right that works. */
export type OpenVisit = (request: Request, response: Response, right: LinkRight) => Promise<Visit>;

interface Deps {
  readonly openApi: OpenPageApi;
  readonly services: Services;
}

export function visitOpener({ openApi, services }: Deps): OpenVisit {
  const misses = limitFailures(missesPerMinute);
  const usualTimes = createUsualTimes(services.store);
  return async (request, response, right) => {
    const token = String(request.params.token);
    const found = await services.store.readLink(digestOfLink(token), services.now());
    // Unknown, expired, revoked and without the right: one answer, after the same work.
    if (!found?.link.may.includes(right)) {
      await misses.assertBelow(request);
      await misses.count(request);
      throw noSuchLink();
    }
    const caller = callerOfLink(found);
    setContext(response, { caller: caller.name });
    const path = `${customerPath}/${token}`;
    return { ...found, path, may: found.link.may, api: openApi(caller, request, response), services, usualTimes };
  };
}

export function noSuchLink(): Problem {
  return new Problem('not-found', 'This link does not work.');
}
