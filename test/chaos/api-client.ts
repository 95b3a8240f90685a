/** Calls one of several APIs. */
export interface ApiClient {
  call(method: string, path: string, options?: { key?: string; body?: unknown }): Promise<ApiAnswer>;
  /** Calls the next API from now on. */
  switchApi(): void;
  /** The text of the first API's `/metrics`. */
  metrics(): Promise<string>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

const callTimeoutMs = 10_000;

export function createApiClient(apiUrls: readonly string[], secret: string): ApiClient {
  let turn = 0;
  const authorization = `Bearer ${secret}`;
  return {
    call: async (method, path, { key, body } = {}) => {
      const answer = await fetch(`${apiUrls[turn % apiUrls.length]}${path}`, {
        method,
        headers: {
          authorization,
          ...(key && { 'idempotency-key': key }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(callTimeoutMs),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    switchApi: () => {
      turn++;
    },
    metrics: async () => {
      const signal = AbortSignal.timeout(callTimeoutMs);
      return (await fetch(`${apiUrls[0]}/metrics`, { headers: { authorization }, signal })).text();
    },
  };
}
