import { connect } from 'node:net';
import type { TestApi } from './api-under-test.ts';
import { expectProblem, secrets } from './call-and-check.ts';

/** All servers and jobs in the database: a rejected request adds none. */
export async function storedRows(api: TestApi): Promise<unknown[]> {
  return [...(await api.store.readServers({ limit: 10 })), ...(await api.store.readJobs({ limit: 10 }))];
}

/** Sends the body as a storefront's purchase, and expects a problem document. */
export async function sendPurchase(api: TestApi, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/v1/purchases`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secrets.storefront}`,
      'content-type': 'application/json',
      'idempotency-key': 'k',
      ...headers,
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, body: JSON.parse(text), text };
  expectProblem(answer);
  return answer;
}

/** The text of a purchase with further header lines. */
export function purchaseText(lines: readonly string[], body: string): string {
  const head = [
    'POST /v1/purchases HTTP/1.1',
    'Host: x',
    'Connection: close',
    `Authorization: Bearer ${secrets.storefront}`,
    ...lines,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends the text as it is and reads until the server closes the connection. */
export async function sendRaw(api: TestApi, text: string): Promise<string> {
  const socket = connect(api.port, '127.0.0.1');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
  socket.end(text);
  return promise;
}
