export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the body, or null without one. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the expected members, and fails if they are missing
  readonly body: any;
}

export type Raw = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<RawAnswer>;

/** Calls a simulated API without our driver. */
export function rawClient(apiUrl: string): Raw {
  return async (method, path, body, headers = {}) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: 'Bearer simulator', ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
  };
}
