import { createServer } from 'node:net';
import { StartError } from './start-error.ts';

/** Throws StartError if the port is taken; `variable` is what the message tells to change. */
export async function assertFree(host: string, port: number, variable: string): Promise<void> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new StartError(
      `Port ${port} on ${host} is taken by another program. Stop that one, or choose another port: ${variable}=${port + 1} npm start`,
      { cause },
    );
  }
  const { promise: closed, resolve: done } = Promise.withResolvers<void>();
  server.close(() => done());
  await closed;
}
