import { styleText } from 'node:util';
import { startConfig } from './config/start.ts';
import { runInTerminal } from './process.ts';
import { type AllInOne, startAllInOne } from './start/all-in-one.ts';
import { readFirstOrder } from './start/first-order.ts';
import { prettyLines } from './start/pretty-lines.ts';
import { sellSamples } from './start/samples.ts';
import { openStorefront, type Storefront } from './start/storefront.ts';
import { welcome } from './start/welcome.ts';

const dataDir = 'data';

/** Starts Redis, the cloud, the database, the API and a worker. Runs until Ctrl-C, or until one of them crashes. */
async function main(ended: AbortSignal): Promise<void> {
  const crashed = new AbortController();
  const stop = AbortSignal.any([ended, crashed.signal]);
  const onCrash = (message: string) => {
    console.error(message);
    process.exitCode = 1;
    crashed.abort();
  };
  const service = await start(stop, onCrash);
  if (!service) return say('Stopped.');
  try {
    const shop = openStorefront(service.apiUrl, service.secrets.storefront);
    const order = await readFirstOrder(shop, stop);
    if (!stop.aborted) console.log(welcome(service, { dataDir, order }));
    await sellOnFirstStart(shop, service, stop);
    await aborted(stop);
  } finally {
    say('Stopping. Running jobs are handed back and continue at the next start …');
    await service.stop();
    say('Stopped.');
  }
}

function say(line: string): void {
  console.log(`${styleText('cyan', '●')} ${line}`);
}

/** null: it was stopped before it was ready. */
async function start(stop: AbortSignal, onCrash: (message: string) => void): Promise<AllInOne | null> {
  const config = startConfig(dataDir);
  say('Starting Redis, the cloud, the API and a worker …');
  const onLine = prettyLines((text) => process.stdout.write(text), config.logLevel);
  try {
    return await startAllInOne({ config, onLine, onCrash, signal: stop });
  } catch (error) {
    if (stop.aborted) return null;
    throw error;
  }
}

/** Sells the samples if there are no servers yet, and only at the simulated cloud. */
async function sellOnFirstStart(shop: Storefront, { simulatorUrl }: AllInOne, stop: AbortSignal): Promise<void> {
  try {
    if (simulatorUrl === null || (await shop.servers(1)).length > 0) return;
    say('This is the first start. Selling three sample servers, which run after about ten seconds.');
    await sellSamples(shop, say, stop);
  } catch (error) {
    // The usual reason is a crash, which is reported elsewhere.
    if (!stop.aborted) say(`Stopped watching the samples: ${error instanceof Error ? error.message : error}`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // The children's pipes usually keep the process alive, but not always.
  const stayAlive = setInterval(() => undefined, 60_000);
  return promise.finally(() => clearInterval(stayAlive));
}

const help = `Usage: npm start
Runs Redis, a simulated cloud, the API and a worker until Ctrl-C. All data is in ${dataDir}/, and the next start
continues with it. docs/configuration.md lists the variables.`;

await runInTerminal(help, main);
