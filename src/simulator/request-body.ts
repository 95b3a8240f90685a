import type { IncomingMessage } from 'node:http';

/** The body cannot be used; the response has this status. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const maxBytes = 1024 * 1024;

/** The JSON in the request's body; undefined: it has none. Rejects with a BodyError. */
export async function jsonIn(request: IncomingMessage): Promise<unknown> {
  const { headers } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return undefined;
  if (!headers['content-type']?.startsWith('application/json')) return undefined;
  const text = await textIn(request);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BodyError(400, error instanceof Error ? error.message : String(error));
  }
}

async function textIn(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  // The rest is read too: a connection that closes during an upload shows the caller no response.
  if (bytes > maxBytes) throw new BodyError(413, 'request entity too large');
  return Buffer.concat(chunks).toString();
}
