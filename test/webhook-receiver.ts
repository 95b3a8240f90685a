import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

/** What a receiver got in one call. */
export interface Received {
  readonly headers: Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>;
  readonly body: string;
  /** How many calls ran when this one came, with it. */
  readonly atOnce: number;
  readonly receivedAt: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** The messages that were answered with 2xx, in their order, each once. */
  accepted(): string[];
  /** May be replaced at any time. */
  answer: (received: Received) => Answer;
  close(): Promise<void>;
}

/** A consumer of webhooks on a free port of 127.0.0.1. It answers 204 until it is told otherwise. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const accepted = new Set<string>();
  let running = 0;
  const server = createServer(async (request, response) => {
    running += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const call = { headers: signed(request.headers), body, atOnce: running, receivedAt: performance.now() };
    received.push(call);
    const { status, headers = {}, delayMs = 0 } = receiver.answer(call);
    await delay(delayMs);
    running -= 1;
    if (status >= 200 && status < 300) accepted.add(call.headers['webhook-id']);
    response.writeHead(status, headers).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    accepted: () => [...accepted],
    answer: () => ({ status: 204 }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function signed(headers: IncomingHttpHeaders): Received['headers'] {
  const of = (name: string) => String(headers[name] ?? '');
  return {
    'webhook-id': of('webhook-id'),
    'webhook-timestamp': of('webhook-timestamp'),
    'webhook-signature': of('webhook-signature'),
  };
}

/** The body, as a consumer gets it from `standardwebhooks`. Throws unless the secret has signed it in these minutes. */
export function verified(secret: string, { body, headers }: Pick<Received, 'body' | 'headers'>): NewsBody {
  return new Webhook(secret).verify(body, headers) as NewsBody;
}

export interface NewsBody {
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly sequence: number; readonly serverId: string | null; readonly status: string | null };
}
