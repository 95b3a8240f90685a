import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

export interface Breaker {
  readonly port: number;
  readonly broken: number;
  /**
   * The next message with this text, in lower case, reaches Postgres, and its answer is dropped. `silently` keeps the
   * dead connection open. `forGood` breaks each other connection at its next message, until `mend`.
   */
  breakNext(text: string, how?: { silently?: boolean; forGood?: boolean }): void;
  mend(): void;
  /** All that came from the service, in lower case, by the messages in which it came. */
  received(): readonly string[];
  close(): void;
}

/** A proxy between the service and Postgres. */
export async function startBreaker(postgresPort: number): Promise<Breaker> {
  let armed: { readonly part: string; readonly silently: boolean; readonly forGood: boolean } | null = null;
  let isDown = false;
  let broken = 0;
  const received: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(postgresPort, '127.0.0.1');
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    let breaking: typeof armed = null;
    client.on('data', (data) => {
      if (isDown) return end();
      const text = data.toString('latin1').toLowerCase();
      received.push(text);
      if (armed && text.includes(armed.part)) {
        [breaking, armed] = [armed, null];
        isDown = breaking.forGood;
        broken++;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!breaking) client.write(data);
      else if (!breaking.silently) end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get broken() {
      return broken;
    },
    received: () => received,
    breakNext: (part, { silently = false, forGood = false } = {}) => {
      armed = { part, silently, forGood };
    },
    mend: () => {
      isDown = false;
    },
    close: () => server.close(),
  };
}
