import type { Request, RequestHandler } from 'express';
import { Problem } from '#src/http/problems/problem.ts';

const maxBytes = 64 * 1024;
const json = 'application/json';

/**
 * Reads a JSON body of at most 64 kB in UTF-8; any JSON value passes. A request without a body gets `{}`. Express's own
 * parser takes longer, and would silently put replacement characters for invalid UTF-8 into a customer's name.
 */
export const readBody: RequestHandler = async (request, _response, next) => {
  request.body = hasBody(request) ? await readJson(request) : {};
  next();
};

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

async function readJson(request: Request): Promise<unknown> {
  if (request.headers['content-type'] !== json) assertJson(request);
  if (request.headers['content-encoding'] !== undefined) assertUncompressed(request);
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge();
  const bytes = await readBytes(request);
  return bytes.length === 0 ? {} : parse(bytes);
}

function assertJson(request: Request): void {
  const type = request.get('content-type');
  if (!request.is(json)) {
    throw unsupported(`${type ? `The Content-Type of the body is not ${json}.` : 'The body has no Content-Type.'}`);
  }
  const charset = /; *charset *= *"?([^\s;"]*)/i.exec(type ?? '')?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw unsupported('The body is not in UTF-8.');
}

function assertUncompressed({ headers }: Request): void {
  if (headers['content-encoding']?.toLowerCase() !== 'identity') throw unsupported('The body is compressed.');
}

function unsupported(fault: string): Problem {
  const detail = `${fault} Send uncompressed JSON in UTF-8, with Content-Type: ${json}.`;
  return new Problem('unsupported-media-type', detail, { headers: { Accept: json } });
}

function tooLarge(): Problem {
  const headers = { Connection: 'close' };
  return new Problem('body-too-large', 'The body is larger than 64 kB. Send a smaller one.', { headers });
}

async function readBytes(request: Request): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const cutOff = () => {
    if (!request.complete) reject(new Problem('malformed', 'The connection ended before the whole body had arrived.'));
  };
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk);
    else reject(tooLarge());
  });
  request.once('end', () => resolve(Buffer.concat(chunks)));
  request.once('error', cutOff).once('close', cutOff);
  return promise;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Problem('malformed', 'The body is not valid JSON. Send a JSON object in UTF-8.');
  }
}
