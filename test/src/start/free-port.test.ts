import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { assertFree } from '#src/start/free-port.ts';

const host = '127.0.0.1';

async function taken(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

it('a start waits for a port that a killed start still holds', async () => {
  const { server, port } = await taken();
  const wanted = { host, port, variable: 'PORT' };
  const waiting = assertFree({ ...wanted, waitMs: 20_000 });
  const impatient = assertFree({ ...wanted, waitMs: 0 });
  await expect(impatient).rejects.toThrow(`choose another port: PORT=${port + 1} npm start`);
  server.close();
  await waiting;
});

it('an address that this machine lacks is reported with advice', async () => {
  const elsewhere = assertFree({ host: '203.0.113.1', port: 3000, variable: 'PORT', waitMs: 0 });
  await expect(elsewhere).rejects.toThrow(
    'This machine has no address 203.0.113.1. Set HOST to one of its addresses, such as 127.0.0.1.',
  );
});
