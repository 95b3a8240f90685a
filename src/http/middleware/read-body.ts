import { isUtf8 } from 'node:buffer';
import express, { type Request, type RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';

const maxBytes = 64 * 1024;

/** Parses a JSON body of at most 64 kB; any JSON value passes. A request without a body gets `{}`. */
export function readBody(): RequestHandler[] {
  const parse = express.json({ strict: false, limit: maxBytes, inflate: false, verify: assertUtf8 });
  return [
    (request, _response, next) => {
      if (!hasBody(request)) request.body = {};
      else if (!request.is('application/json')) throw wrongType(request);
      next();
    },
    (request, response, next) => (hasBody(request) ? parse(request, response, next) : next()),
  ];
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function wrongType(request: Request): Problem {
  const given = request.get('content-type');
  const detail = given ? 'The Content-Type of the body is not application/json.' : 'The body has no Content-Type.';
  return new Problem('unsupported-media-type', `${detail} Send Content-Type: application/json.`, {
    headers: { Accept: 'application/json' },
  });
}

/** Without this check the parser would silently put replacement characters into a customer's name. */
function assertUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw Object.assign(new Error('The body is not valid UTF-8.'), { type: 'entity.parse.failed' });
}
