import type { ServerResponse } from 'node:http';

/** The event streams that are open: bounded in number, and all ended when the process stops. */
export interface Streams {
  /** Aborted when the client leaves or the process stops; null: there are too many already. */
  open(response: ServerResponse): AbortSignal | null;
  endAll(): void;
}

export function createStreams(atMost: number): Streams {
  const open = new Set<AbortController>();
  return {
    open: (response) => {
      if (open.size >= atMost) return null;
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
