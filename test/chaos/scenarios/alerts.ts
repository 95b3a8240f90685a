import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Installation } from '../installation.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';

export function untilAlert({ shop }: Installation, kind: string, withinMs = 90_000): Promise<{ subject: string }> {
  return until(
    `the alert ${kind}`,
    async () => (await shop.alerts())?.find((alert) => alert.kind === kind) ?? null,
    withinMs,
  );
}

export function untilCleared({ shop }: Installation, kind: string, withinMs = 90_000): Promise<boolean> {
  const isCleared = async () => (await shop.alerts())?.every((alert) => alert.kind !== kind) ?? null;
  return until(`the end of the alert ${kind}`, isCleared, withinMs);
}

const alertLine = z.object({
  event: z.enum(['alert-raised', 'alert-cleared']),
  alert: z.object({ id: z.string(), kind: z.string() }),
});

/** The numbers of log lines of the API for alerts of this kind, raised and cleared, by the alert's id. */
export function loggedAlerts({ folder }: Installation, kind: string): Map<string, { raised: number; cleared: number }> {
  const counts = new Map<string, { raised: number; cleared: number }>();
  for (const line of readFileSync(join(folder, 'api.log'), 'utf8').split('\n')) {
    // The API may have been killed in the middle of a line.
    if (!line.startsWith('{') || !line.endsWith('}')) continue;
    const { success, data } = alertLine.safeParse(JSON.parse(line));
    if (!success || data.alert.kind !== kind) continue;
    const { raised, cleared } = counts.get(data.alert.id) ?? { raised: 0, cleared: 0 };
    const isRaised = data.event === 'alert-raised';
    counts.set(data.alert.id, { raised: raised + (isRaised ? 1 : 0), cleared: cleared + (isRaised ? 0 : 1) });
  }
  return counts;
}

/** Checks in the log that each alert of the kind was raised once and cleared once. Call it after `untilCleared`. */
export async function assertOver({ installation, broken }: Stage, kind: string): Promise<void> {
  const clearing = async () => [...loggedAlerts(installation, kind).values()].every(({ cleared }) => cleared > 0);
  await until(`the log line that ${kind} is cleared`, clearing, 30_000);
  const logged = loggedAlerts(installation, kind);
  if (logged.size === 0) broken(`No alert ${kind} was logged.`);
  for (const [id, { raised, cleared }] of logged)
    if (raised !== 1 || cleared !== 1) broken(`Alert ${id} was raised ${raised} times and cleared ${cleared} times.`);
}

/** The value of the API's metric for alerts of this kind. */
export async function alertGauge({ shop }: Installation, kind: string): Promise<number> {
  const text = await shop.metrics();
  const bySeverity = [...text.matchAll(new RegExp(`^ghostifi_alerts\\{kind="${kind}",.*\\} (\\S+)`, 'gm'))];
  return bySeverity.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** The number of alerts of this kind; null if the API does not answer. */
export async function alertsOf({ shop }: Installation, wanted: string): Promise<number | null> {
  return (await shop.alerts())?.filter(({ kind }) => kind === wanted).length ?? null;
}
