import type { Installation } from './installation.ts';

/** The largest event loop delay of the API and the workers since the last call, in ms, from their metrics. */
export async function worstLoopDelayMs({ shop, workers }: Installation): Promise<number> {
  const metrics = [shop.metrics(), ...workers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text())];
  return Math.max(...(await Promise.all(metrics)).map(worstIn));
}

function worstIn(metrics: string): number {
  const found = /^ghostifi_event_loop_delay_seconds\{quantile="1"\} (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error('The metrics of a process lack ghostifi_event_loop_delay_seconds.');
  return Number(found) * 1_000;
}
