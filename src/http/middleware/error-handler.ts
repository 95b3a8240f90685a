import type { ErrorRequestHandler, RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Logger } from '#src/log.ts';
import { requestContext } from './request-context.ts';

export const noSuchRoute: RequestHandler = (request) => {
  throw new Problem('not-found', `There is no ${request.path.slice(0, 200)} here; /docs lists what there is.`);
};

/** Answers every error as a problem document; what was not foreseen is logged in full and told to nobody. */
export function answerProblems(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = problemOf(error);
    const { requestId } = requestContext(response);
    if (problem.kind === 'internal') log.error({ err: error, requestId }, 'A request failed unexpectedly');
    if (response.headersSent) return void response.destroy();
    response.status(problem.status).set(problem.headers).type('application/problem+json');
    response.send(JSON.stringify(problem.document(request.path.slice(0, 200), requestId)));
  };
}
