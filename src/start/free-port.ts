import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from './start-error.ts';

interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** The variable that sets the port, for the message. */
  readonly variable: string;
  /** How long another process may still hold the port. */
  readonly waitMs: number;
}

const retryEveryMs = 100;

/** Throws StartError, which says what to do, if the port cannot be used. */
export async function assertFree(wanted: WantedPort): Promise<void> {
  const giveUpAt = performance.now() + wanted.waitMs;
  for (;;) {
    const fault = await tryToListen(wanted);
    if (fault === null) return;
    if (fault.code !== 'EADDRINUSE' || performance.now() >= giveUpAt) throw startError(fault, wanted);
    await delay(retryEveryMs);
  }
}

async function tryToListen({ host, port }: WantedPort): Promise<NodeJS.ErrnoException | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  const server = createServer();
  server.once('error', resolve).listen(port, host, () => server.close(() => resolve(null)));
  return await promise;
}

function startError(cause: NodeJS.ErrnoException, { host, port, variable }: WantedPort): StartError {
  const another = `choose another port: ${variable}=${port < 1024 ? port + 8000 : port + 1} npm start`;
  const messages: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use by another program. Stop that program, or ${another}`,
    EACCES: `This user is not allowed to listen on port ${port}. Start it as another user, or ${another}`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one of its addresses, such as 127.0.0.1.`,
    ENOTFOUND: `The name ${host} cannot be resolved. Set HOST to an address of this machine, such as 127.0.0.1.`,
  };
  const message = messages[cause.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${cause.message}.`;
  return new StartError(message, { cause });
}
