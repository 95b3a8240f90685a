import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { Problem, problemType } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Logger } from '#src/log.ts';
import { type RequestContext, requestContext, setContext } from './request-context.ts';

const maxPathLength = 200;

export const answerUnknownRoute: RequestHandler = (request) => {
  throw new Problem('not-found', `No route has the path ${shortPath(request)}. See /docs for all routes.`);
};

/** Answers every error with a problem document. An unexpected error is logged in full and not shown to the client. */
export function answerProblems(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = problemOf(error);
    const { requestId } = requestContext(response);
    if (problem.kind === 'internal')
      log.error({ event: 'request-failed', err: error, requestId }, 'A request failed unexpectedly');
    if (problem.kind === 'disk-full')
      log.error({ event: 'disk-full', error: problem.message, requestId }, 'A request was refused: the disk is full');
    setContext(response, refusalOf(problem));
    if (response.headersSent) return void response.destroy();
    response.status(problem.status).set(problem.headers).type('application/problem+json');
    response.send(JSON.stringify(problem.document(shortPath(request), requestId)));
  };
}

/** Names as fields, parameters and headers have. Any other is the caller's own, and may be a secret. */
const usualName = /^(\/[A-Za-z]{1,30}(-[A-Z][a-z]{1,20})*)+$/;

/** What the log says of the problem: its type, and the first field that it names. */
function refusalOf({ kind, members }: Problem): Pick<RequestContext, 'problem' | 'pointer'> {
  const [first] = Array.isArray(members.errors) ? members.errors : [];
  const pointer = typeof first?.pointer === 'string' && first.pointer !== '' ? first.pointer : null;
  return { problem: problemType(kind), ...(pointer && { pointer: usualName.test(pointer) ? pointer : '/…' }) };
}

function shortPath({ path }: Request): string {
  return path.slice(0, maxPathLength);
}
