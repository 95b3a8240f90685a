import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from './start-error.ts';

interface Wanted {
  readonly host: string;
  readonly port: number;
  /** What the message tells to change. */
  readonly variable: string;
  /** How long somebody else may still hold it. */
  readonly waitMs: number;
}

const askEveryMs = 100;

/** Throws StartError, which says what to do, if the port is not to be had. */
export async function assertFree(wanted: Wanted): Promise<void> {
  const giveUpAt = performance.now() + wanted.waitMs;
  for (;;) {
    const fault = await tryToListen(wanted);
    if (fault === null) return;
    if (fault.code !== 'EADDRINUSE' || performance.now() >= giveUpAt) throw explained(fault, wanted);
    await delay(askEveryMs);
  }
}

async function tryToListen({ host, port }: Wanted): Promise<NodeJS.ErrnoException | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  const server = createServer();
  server.once('error', resolve).listen(port, host, () => server.close(() => resolve(null)));
  return await promise;
}

function explained(cause: NodeJS.ErrnoException, { host, port, variable }: Wanted): StartError {
  const another = `choose another port: ${variable}=${port < 1024 ? port + 8000 : port + 1} npm start`;
  const messages: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken by another program. Stop that one, or ${another}`,
    EACCES: `This user may not listen on port ${port}. You can ${another}`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one that it has, such as 127.0.0.1.`,
    ENOTFOUND: `The name ${host} is not known. Set HOST to an address of this machine, such as 127.0.0.1.`,
  };
  const message = messages[cause.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${cause.message}.`;
  return new StartError(message, { cause });
}
