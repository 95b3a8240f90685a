import type { Installation } from './installation.ts';

/** The longest that any event loop of the workers and the API was late since the last call, in ms, as their metrics tell. */
export async function worstLoopDelayMs({ shop, workers }: Installation): Promise<number> {
  const metrics = [shop.metrics(), ...workers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text())];
  return Math.max(...(await Promise.all(metrics)).map(worstIn));
}

function worstIn(metrics: string): number {
  const found = /^ghostifi_event_loop_delay_seconds\{quantile="1"\} (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error('A process has no metric of its event loop.');
  return Number(found) * 1_000;
}
