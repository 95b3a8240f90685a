import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A free port of this machine below the kernel's range for outgoing connections. No such connection can take it while
 * a killed process is down.
 */
export async function fixedPort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const server = createServer();
    const taken = once(server, 'error').then(() => true);
    const listening = once(server.listen(port, '127.0.0.1'), 'listening').then(() => false);
    if (await Promise.race([taken, listening])) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
