import { Writable } from 'node:stream';

/** The stream of a connection. It records each write, and joins with blanks what leaves together. */
export function recordingStream(): { readonly stream: Writable; readonly writes: readonly string[] } {
  const writes: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _, done) => {
      writes.push(String(chunk));
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join(' '));
      done();
    },
  });
  return { stream, writes };
}
