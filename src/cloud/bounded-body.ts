import type { Answer } from '#src/outgoing/fetch.ts';

/** A response body is longer than its limit. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The whole body as text. Rejects with BodyTooLarge after `limitBytes`, and stops reading. */
export async function boundedBody({ body }: Answer, limitBytes: number): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limitBytes) throw new BodyTooLarge(`the response is larger than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
