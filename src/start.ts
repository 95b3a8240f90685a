import { styleText } from 'node:util';
import { ConfigError, startConfig } from './config.ts';
import { type AllInOne, startAllInOne } from './start/all-in-one.ts';
import { prettyLines } from './start/pretty-lines.ts';
import { RedisStartError } from './start/redis/error.ts';
import { sellSamples } from './start/samples.ts';
import { StartError } from './start/start-error.ts';
import { openStorefront } from './start/storefront.ts';
import { welcome } from './start/welcome.ts';

const dataDir = 'data';

/** All in one, for a newcomer: Redis, cloud, database, API and a worker, until Ctrl-C or until a part of it crashes. */
async function main(): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const say = (line: string) => console.log(`${styleText('cyan', '●')} ${line}`);
  const onCrash = (message: string) => {
    fail(message);
    stopping.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  const config = startConfig(dataDir);
  say('Starting Redis, the cloud, the API and a worker …');
  const onLine = prettyLines((text) => process.stdout.write(text), config.logLevel);
  const service = await startAllInOne({ config, onLine, onCrash, signal }).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (!service) return say('Stopped.');
  try {
    console.log(welcome(service, dataDir));
    await sellOnFirstStart(service, say, signal).catch((error: unknown) => {
      // A crash, which often is the reason, is told by itself.
      if (!signal.aborted) say(`The samples are watched no more: ${error instanceof Error ? error.message : error}`);
    });
    await aborted(signal);
  } finally {
    say('Stopping: what runs is handed back and goes on at the next start …');
    await service.stop();
    say('Stopped.');
  }
}

/** Only where there is nothing yet, and never at a cloud that costs money. */
async function sellOnFirstStart(service: AllInOne, say: (line: string) => void, stop: AbortSignal): Promise<void> {
  const shop = openStorefront(service.apiUrl, service.secrets.storefront);
  if (service.simulatorUrl === null || (await shop.servers(1)).length > 0) return;
  say('This is the first start: selling three sample servers, which run in some ten seconds.');
  await sellSamples(shop, say, stop);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // The children's pipes keep the process alive, but not for certain.
  const stayAlive = setInterval(() => undefined, 60_000);
  return promise.finally(() => clearInterval(stayAlive));
}

function fail(message: unknown): void {
  console.error(message);
  process.exitCode = 1;
}

await main().catch((error: unknown) => {
  const told = [ConfigError, StartError, RedisStartError].some((kind) => error instanceof kind);
  fail(told && error instanceof Error ? error.message : error);
});
