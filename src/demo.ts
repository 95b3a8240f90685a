import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '#db/errors.ts';
import { openCustomer } from './demo/customer.ts';
import { demoConfig } from './demo/demo-config.ts';
import { playPaidStory } from './demo/paid-story.ts';
import type { Stage } from './demo/stage.ts';
import { playStory } from './demo/story.ts';
import { summary } from './demo/summary.ts';
import { runInTerminal } from './process.ts';
import { type AllInOne, startAllInOne } from './start/all-in-one.ts';
import { openStorefront } from './start/storefront.ts';
import { openDisplay } from './terminal/display.ts';

/**
 * The demo: buys, rebuilds and destroys servers in a temporary folder, sells one through the simulated Stripe, and
 * compares the cloud with the service.
 */
async function main(ended: AbortSignal): Promise<void> {
  const stopping = new AbortController();
  ended.addEventListener('abort', () => stopping.abort(new Error('Stopped before the end of the demo.')));
  try {
    await runDemo(stopping);
  } catch (cause) {
    throw new OperatorError(`The demo failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function runDemo(stopping: AbortController): Promise<void> {
  const startedAt = performance.now();
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
  console.log(
    `Stopped and removed everything. The demo took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`,
  );
}

/** Rejects with the signal's reason as soon as it is aborted. */
async function demonstrate({ apiUrl, simulatorUrl, secrets }: AllInOne, signal: AbortSignal): Promise<void> {
  const shop = openStorefront(apiUrl, secrets.storefront);
  const display = openDisplay(process.stdout);
  const cloudUrl = simulatorUrl ?? '';
  const play = async (stage: Stage) => {
    await playStory(stage);
    await playPaidStory(stage, openCustomer(cloudUrl));
  };
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  try {
    await Promise.race([play({ shop, display, signal, say: console.log, isTerminal: process.stdout.isTTY }), stopped]);
  } finally {
    display.release();
  }
  console.log(await Promise.race([summary(shop, cloudUrl), stopped]));
}

const help = `Usage: npm run demo
Shows one server's life, from purchase to destroy, in about half a minute. It uses a temporary folder and a simulated
cloud, and removes everything.`;

await runInTerminal(help, main);
