import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request of the load. */
export interface Post {
  /** Not given: POST. */
  readonly method?: 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadOptions {
  readonly port: number;
  readonly postOf: (number: number) => Post;
  readonly concurrency: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Called at the beginning of the measured window; the result is called at its end. */
  readonly openWindow: () => () => void;
}

export interface Load {
  /** All answers with 202, also outside the window. */
  readonly accepted: number;
  readonly acceptedInWindow: number;
  /** Answers with another status. */
  readonly refused: number;
}

/** Keeps `concurrency` requests under way, each on a connection of its own that stays open. */
export async function drive(options: LoadOptions): Promise<Load> {
  const { port, postOf, concurrency, warmMs, measureMs } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const opensAt = performance.now() + warmMs;
  const closesAt = opensAt + measureMs;
  const load = { accepted: 0, acceptedInWindow: 0, refused: 0 };
  let sent = 0;
  const lane = async () => {
    while (performance.now() < closesAt) {
      const status = await post(agent, port, postOf(sent++));
      const now = performance.now();
      if (status !== 202) load.refused += 1;
      else load.accepted += 1;
      if (status === 202 && now >= opensAt && now < closesAt) load.acceptedInWindow += 1;
    }
  };
  const watch = async () => {
    await new Promise((resolve) => setTimeout(resolve, warmMs));
    const close = options.openWindow();
    await new Promise((resolve) => setTimeout(resolve, measureMs));
    close();
  };
  try {
    await Promise.all([watch(), ...Array.from({ length: concurrency }, lane)]);
  } finally {
    agent.destroy();
  }
  return load;
}

async function post(agent: Agent, port: number, request: Post): Promise<number> {
  return (await send(agent, port, request)).status;
}

/** One request; resolves with its whole answer. */
export async function send(
  agent: Agent,
  port: number,
  { method, path, headers, body }: Post,
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const length = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const sending = request(
    { agent, host: '127.0.0.1', port, path, method: method ?? 'POST', headers: { ...headers, ...length } },
    (answer) => text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject),
  );
  sending.on('error', reject);
  sending.end(body);
  return promise;
}
