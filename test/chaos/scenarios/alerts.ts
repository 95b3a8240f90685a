import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** How often the API logged that an alert of this kind was raised and cleared, by the alert's id. */
export function loggedAlerts({ folder }: Installation, kind: string): Map<string, { raised: number; cleared: number }> {
  const counts = new Map<string, { raised: number; cleared: number }>();
  for (const line of readFileSync(join(folder, 'api.log'), 'utf8').split('\n')) {
    const [, what] = /"msg":"Alert (raised|cleared):/.exec(line) ?? [];
    const [, id] = new RegExp(`"id":"(${kind}:[^"]*)"`).exec(line) ?? [];
    if (!id || (what !== 'raised' && what !== 'cleared')) continue;
    const before = counts.get(id) ?? { raised: 0, cleared: 0 };
    counts.set(id, { ...before, [what]: before[what] + 1 });
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
  return Number(new RegExp(`^ghostifi_alerts\\{kind="${kind}"\\} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
}

/** The number of alerts of this kind; null: the API does not answer. */
export async function alertsOf({ shop }: Installation, wanted: string): Promise<number | null> {
  return (await shop.alerts())?.filter(({ kind }) => kind === wanted).length ?? null;
}
