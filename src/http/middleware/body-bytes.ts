import type { Request } from 'express';
import { Problem } from '#src/http/problems/problem.ts';

export const maxBodyBytes = 64 * 1024;

/**
 * The whole body. Throws a Problem by the header, or at the limit, and then reads no more: Express's parsers would first
 * read to the end of the body.
 */
export async function readBytes(request: Request, maxBytes: number = maxBodyBytes): Promise<Buffer> {
  if (Number(request.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Leaving the loop must not close the connection: the client gets an answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new Problem('malformed', 'The connection ended before the whole body had arrived. Send it again.', { cause });
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}

/** True if the headers announce a body; it may be empty. */
export function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The rest is not read, so the connection ends: a proxy must not use it again. */
function tooLarge(maxBytes: number): Problem {
  const message = `The body is larger than ${maxBytes / 1024} kB. Send a smaller one.`;
  return new Problem('body-too-large', message, { headers: { Connection: 'close' } });
}
