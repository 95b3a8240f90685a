import type { Redis } from 'ioredis';

/**
 * Lets all commands of one turn of the event loop leave in one write to the socket. Otherwise each command is a system
 * call of its own, here and in Redis.
 */
export function writeOncePerTurn(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (...args) => {
    const { stream } = redis;
    if (stream?.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return send(...args);
  };
}
