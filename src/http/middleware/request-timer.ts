import type { RequestHandler } from 'express';
import type { ApiMetrics } from '#src/metrics/api.ts';
import { requestContext } from './request-context.ts';

/** Measures each response except event streams. The label is the documented path, which has few values. */
export function timeRequests(took: ApiMetrics['requestTook']): RequestHandler {
  return ({ method }, response, next) => {
    const startedAt = performance.now();
    response.once('finish', () => {
      if (String(response.get('Content-Type')).startsWith('text/event-stream')) return;
      const { route = 'other' } = requestContext(response);
      took({ method, route, status: response.statusCode }, (performance.now() - startedAt) / 1000);
    });
    next();
  };
}
