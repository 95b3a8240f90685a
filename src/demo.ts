import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoConfig } from './demo/demo-config.ts';
import { openDisplay } from './demo/display.ts';
import { tellStory } from './demo/story.ts';
import { summary } from './demo/summary.ts';
import { type AllInOne, startAllInOne } from './start/all-in-one.ts';
import { openStorefront } from './start/storefront.ts';

/** Tells the whole story on a folder of its own: buys, rebuilds, destroys, and compares the cloud with the service. */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stopping.abort(new Error('Stopped before the end of the story.')));
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'ghostifi-demo-'));
  let service: AllInOne | undefined;
  try {
    console.log('Starting Redis, a simulated cloud, the API and a worker …');
    service = await startAllInOne({
      config: demoConfig(dataDir),
      onLine: () => undefined,
      onCrash: (message) => stopping.abort(new Error(message)),
      signal: stopping.signal,
    });
    await demonstrate(service, stopping.signal);
  } finally {
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  console.log(`Everything is stopped and removed; it took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
}

/** Rejects with the signal's reason as soon as there is one. */
async function demonstrate({ apiUrl, simulatorUrl, secrets }: AllInOne, signal: AbortSignal): Promise<void> {
  const shop = openStorefront(apiUrl, secrets.storefront);
  const display = openDisplay(process.stdout);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  try {
    await Promise.race([
      tellStory({ shop, display, signal, say: (line) => console.log(line), isTerminal: process.stdout.isTTY }),
      stopped,
    ]);
  } finally {
    display.leave();
  }
  console.log(await Promise.race([summary(shop, simulatorUrl ?? ''), stopped]));
}

await main().catch((error: unknown) => {
  console.error(`The demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
