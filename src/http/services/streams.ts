import type { ServerResponse } from 'node:http';

/** The open event streams: limited in number, and all ended when the process stops. */
export interface Streams {
  /** A signal that aborts when the client disconnects or the process stops; null if the limit is reached. */
  open(response: ServerResponse): AbortSignal | null;
  endAll(): void;
}

export function createStreams(maxStreams: number): Streams {
  const open = new Set<AbortController>();
  return {
    open: (response) => {
      if (open.size >= maxStreams) return null;
      const stream = new AbortController();
      open.add(stream);
      response.once('close', () => {
        open.delete(stream);
        stream.abort();
      });
      return stream.signal;
    },
    endAll: () => {
      for (const stream of open) stream.abort();
    },
  };
}
