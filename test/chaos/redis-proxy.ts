import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between one process and Redis, sees each command before Redis does, and can break the connections. */
export interface RedisProxy {
  readonly url: string;
  /** Breaks every connection; new ones are let through. */
  cut(): void;
  close(): Promise<void>;
}

/** What becomes of a command: sent on, or kept from Redis for ever. */
export type Verdict = 'pass' | 'keep';
/** The words of one command, such as `EVALSHA`, its hash, its keys and arguments. */
export type Words = readonly Buffer[];

export async function startRedisProxy(redisPort: number, look: (words: Words) => Verdict): Promise<RedisProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(redisPort, '127.0.0.1');
    const end = () => {
      client.destroy();
      redis.destroy();
    };
    for (const socket of [client, redis]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end).on('close', () => {
        open.delete(socket);
        end();
      });
    }
    redis.pipe(client);
    const read = commandReader((command, words) => {
      if (look(words) === 'pass') redis.write(command);
    });
    client.on('data', read);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    cut,
    close: async () => {
      server.close();
      cut();
    },
  };
}

/** Splits what a client sends into commands; clients always send arrays of bulk strings. */
function commandReader(onCommand: (command: Buffer, words: Words) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    for (;;) {
      const found = firstCommand(rest);
      if (!found) return;
      onCommand(rest.subarray(0, found.length), found.words);
      rest = rest.subarray(found.length);
    }
  };
}

function firstCommand(data: Buffer): { words: Words; length: number } | null {
  let at = 0;
  const number = (): number | null => {
    const end = data.indexOf('\r\n', at);
    if (end < 0) return null;
    const value = Number(data.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  };
  const count = number();
  if (count === null) return null;
  const words: Buffer[] = [];
  for (let word = 0; word < count; word++) {
    const length = number();
    if (length === null || at + length + 2 > data.length) return null;
    words.push(data.subarray(at, at + length));
    at += length + 2;
  }
  return { words, length: at };
}
