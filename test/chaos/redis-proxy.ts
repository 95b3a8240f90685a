import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between one process and Redis. It sees each command before Redis, and can break the connections. */
export interface RedisProxy {
  readonly url: string;
  /** Breaks every open connection. New connections are accepted. */
  cut(): void;
  close(): Promise<void>;
}

/** Whether a command is sent on to Redis. A dropped command gets no reply. */
export type Forwarding = 'forward' | 'drop';
/** The name of a command and its arguments, such as `EVALSHA`, a hash, keys and values. */
export type RedisCommand = readonly Buffer[];

export async function startRedisProxy(
  redisPort: number,
  onCommand: (command: RedisCommand) => Forwarding,
): Promise<RedisProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(redisPort, '127.0.0.1');
    endTogether([client, redis], open);
    redis.pipe(client);
    const read = commandReader((command, bytes) => {
      if (onCommand(command) === 'forward') redis.write(bytes);
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

/** Destroys both sockets when one of them ends or fails; keeps `open` up to date. */
function endTogether(sockets: readonly Socket[], open: Set<Socket>): void {
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  for (const socket of sockets) {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', end).on('close', () => {
      open.delete(socket);
      end();
    });
  }
}

/** Splits a client's bytes into commands. Clients always send arrays of bulk strings. */
function commandReader(onCommand: (command: RedisCommand, bytes: Buffer) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    for (;;) {
      const found = firstCommand(rest);
      if (!found) return;
      onCommand(found.command, rest.subarray(0, found.length));
      rest = rest.subarray(found.length);
    }
  };
}

/** Returns null if the command is not complete yet. */
function firstCommand(data: Buffer): { command: RedisCommand; length: number } | null {
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
  const command: Buffer[] = [];
  for (let argument = 0; argument < count; argument++) {
    const length = number();
    if (length === null || at + length + 2 > data.length) return null;
    command.push(data.subarray(at, at + length));
    at += length + 2;
  }
  return { command, length: at };
}
