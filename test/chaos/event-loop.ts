import type { Part } from './part.ts';

/** The longest that the part's event loop was late since the last call, in ms, as its own metrics tell. */
export async function worstLoopDelayMs({ url, name }: Part): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = /^ghostifi_event_loop_delay_seconds\{quantile="1"\} (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error(`${name} has no metric of its event loop.`);
  return Number(found) * 1_000;
}
