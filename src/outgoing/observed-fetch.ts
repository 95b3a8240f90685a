import type { Fetch } from './fetch.ts';

/** A call of a service that has ended. */
export interface EndedCall {
  /** The configured name: a cloud, `cloudflare` or `stripe`. */
  readonly service: string;
  /** Method and path below the base address, without ids: `DELETE /instances/{id}`. */
  readonly operation: string;
  /** The HTTP status; `none`: there was no answer. */
  readonly status: string;
}

export type ObserveCall = (call: EndedCall, seconds: number) => void;

export interface Observed {
  readonly service: string;
  /** The base address, which operations leave out. */
  readonly apiUrl: string;
  readonly observe: ObserveCall;
}

/** The same fetch; it reports each call once its answer begins, and each call that gets none. */
export function observedFetch(fetch: Fetch, { service, apiUrl, observe }: Observed): Fetch {
  const base = new URL(apiUrl).pathname;
  return (address, call) => {
    const operation = operationOf(call.method, new URL(address).pathname.slice(base.replace(/\/$/, '').length));
    return observeCall({ service, operation, observe }, async () => {
      const answer = await fetch(address, call);
      return { answer, status: answer.status };
    });
  };
}

/** Makes the call, and reports its status and its duration. */
export async function observeCall<T>(
  { observe, ...labels }: Pick<Observed, 'service' | 'observe'> & Pick<EndedCall, 'operation'>,
  call: () => Promise<{ readonly answer: T; readonly status: number }>,
): Promise<T> {
  const startedAt = performance.now();
  const ended = (status: string) => observe({ ...labels, status }, (performance.now() - startedAt) / 1000);
  try {
    const { answer, status } = await call();
    ended(String(status));
    return answer;
  } catch (error) {
    ended('none');
    throw error;
  }
}

/** A word of a path; ids have digits or dots, or are long. */
const word = /^[a-z_-]{1,24}$/i;

/** Few texts for many calls: every part of the path that could be an id becomes `{id}`. */
export function operationOf(method: string, path: string): string {
  const parts = path.split('/').map((part) => (part === '' || word.test(part) ? part : '{id}'));
  return `${method} ${parts.join('/')}`;
}
