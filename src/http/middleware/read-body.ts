import type { Request, RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';
import { hasBody, readBytes } from './body-bytes.ts';

/** Parses a JSON body of at most 64 kB; any JSON value passes. An empty body is none, and gives `{}`. */
export const readBody: RequestHandler = async (request, _response, next) => {
  request.body = hasBody(request) ? await readJson(request) : {};
  next();
};

/** Parses the fields of a form. */
export const readForm: RequestHandler = async (request, _response, next) => {
  request.body = Object.fromEntries(new URLSearchParams((await readBytes(request)).toString()));
  next();
};

async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  assertJson(request);
  const other = otherEncoding(bytes);
  if (other) throw new Problem('malformed', `The body is in ${other}. Send a JSON object in UTF-8.`);
  try {
    // Without `fatal`, a customer's name could silently get replacement characters.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Problem('malformed', 'The body is not valid JSON. Send a JSON object in UTF-8.', { cause });
  }
}

/** A JSON text begins with an ASCII character, so the zeros of its first four bytes show another encoding (RFC 4627). */
function otherEncoding(bytes: Buffer): 'UTF-16' | 'UTF-32' | null {
  const start = bytes.subarray(0, 4).toString('hex');
  if (/^(0000feff|fffe0000|000000(?!00)..|(?!00)..000000)$/.test(start)) return 'UTF-32';
  return /^(feff|fffe|00(?!00)|(?!00)..00)/.test(start) ? 'UTF-16' : null;
}

function assertJson(request: Request): void {
  const given = request.get('content-type') ?? '';
  if (!request.is('application/json')) {
    throw wrongType(given ? 'The Content-Type of the body is not application/json.' : 'The body has no Content-Type.');
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(given)?.[1] ?? 'utf-8';
  const encoding = request.get('content-encoding') ?? 'identity';
  if (!/^utf-?8$/i.test(charset) || encoding.toLowerCase() !== 'identity') {
    throw wrongType('The body is compressed or not in UTF-8.');
  }
}

function wrongType(detail: string): Problem {
  return new Problem('unsupported-media-type', `${detail} Send uncompressed JSON in UTF-8: application/json.`, {
    headers: { Accept: 'application/json' },
  });
}
