import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fixedPort } from '../chaos/fixed-port.ts';
import { secretsKey } from '../secrets-key.ts';
import { spawnApi, type WorkerHandle } from '../worker-process.ts';
import { startWorld, type World } from '../world.ts';
import { soon } from './eventually.ts';

const lanes = 5;

let world: World;
let port: number;
let api: WorkerHandle;
const startApi = () =>
  spawnApi({
    PORT: String(port),
    DATABASE_URL: `file:${world.databaseFile}`,
    REDIS_URL: world.redis.url,
    API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1',
    SECRETS_KEY: secretsKey,
  });
beforeEach(async () => {
  world = await startWorld();
  port = await fixedPort();
  api = await startApi();
});
afterEach(async () => {
  await api.kill9();
  await world.close();
});

test('API and workers restart at once under load, whoever holds silent connections open; each purchase is answered', {
  timeout: 120_000,
}, async () => {
  const workers = [await world.startWorker(), await world.startWorker()];
  const silent = await openSilent();
  const load = buyAllTheTime();
  await load.untilAnswered(20);
  const stop = async (target: WorkerHandle) => {
    const askedAt = performance.now();
    const code = await target.stop();
    return { code, ms: performance.now() - askedAt };
  };
  const [stoppedApi, ...stoppedWorkers] = await Promise.all([api, ...workers].map(stop));
  api = await startApi();
  await Promise.all([world.startWorker(), world.startWorker()]);
  await load.untilAnswered(20);
  expect(await load.end()).toEqual({ others: [], mostTries: expect.any(Number) });
  expect([stoppedApi?.code, ...stoppedWorkers.map(({ code }) => code)]).toEqual([0, 0, 0]);
  // The grace is 30 s, and a start takes a second more.
  expect(stoppedApi?.ms).toBeLessThan(2_000);
  expect(Math.max(...stoppedWorkers.map(({ ms }) => ms))).toBeLessThan(10_000);
  for (const socket of silent) socket.destroy();
});

/** Connections that send nothing, and one that sends half of its headers. */
async function openSilent(): Promise<Socket[]> {
  const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  sockets[0]?.write('POST /v1/purchases HTTP/1.1\r\nHost: x\r\n');
  return sockets;
}

/** Buys in several lanes. A call without an answer is repeated with its key. */
function buyAllTheTime() {
  const stopping = new AbortController();
  const others: number[] = [];
  let [answered, mostTries] = [0, 0];
  const buy = async (key: string) => {
    for (let tries = 1; ; tries += 1) {
      mostTries = Math.max(mostTries, tries);
      const status = await post(key).catch(() => null);
      if (status === null) await delay(50);
      else {
        answered += 1;
        if (status !== 202) others.push(status);
        return;
      }
    }
  };
  const lane = async (number: number) => {
    for (let n = 0; !stopping.signal.aborted; n += 1) await buy(`lane-${number}-${n}`);
  };
  const ended = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return {
    untilAnswered: async (more: number) => {
      const target = answered + more;
      await vi.waitFor(() => expect(answered).toBeGreaterThanOrEqual(target), soon);
    },
    end: async () => {
      stopping.abort();
      await ended;
      return { others, mostTries };
    },
  };
}

async function post(key: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/purchases`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer boss-secret-of-the-tests-1',
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ customer: key, location: 'ewr' }),
  });
  await answer.arrayBuffer();
  return answer.status;
}
