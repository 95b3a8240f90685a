import type { ServerResponse } from 'node:http';

/** Who opens a stream. */
export interface Follower {
  /** The name of the token. */
  readonly caller: string;
  readonly address: string;
}

export interface StreamLimits {
  readonly total: number;
  /** The share of one token, and of one address: nobody can take all streams. */
  readonly share: number;
}

/** The open event streams: limited in number, and all ended when the process stops. */
export interface Streams {
  /** A signal that aborts when the client disconnects or the process stops; else the limit that is reached. */
  open(response: ServerResponse, follower: Follower): AbortSignal | keyof StreamLimits;
  endAll(): void;
}

export function createStreams({ total, share }: StreamLimits): Streams {
  const open = new Map<AbortController, Follower>();
  const has = (name: keyof Follower, value: string) => [...open.values()].filter((one) => one[name] === value).length;
  return {
    open: (response, follower) => {
      if (open.size >= total) return 'total';
      if (has('caller', follower.caller) >= share || has('address', follower.address) >= share) return 'share';
      const stream = new AbortController();
      open.set(stream, follower);
      response.once('close', () => {
        open.delete(stream);
        stream.abort();
      });
      return stream.signal;
    },
    endAll: () => {
      for (const stream of open.keys()) stream.abort();
    },
  };
}
