import { readStored } from '#db/reads/settings.ts';
import { type AnnouncedAlerts, announcedAlertsSetting } from '#db/settings.ts';
import type { Context, Steps } from '#db/steps.ts';
import { recordEvent } from '#db/transactions/events.ts';
import { putSetting } from '#db/transactions/settings.ts';

/** An alert as its events show it: without its message, which may name a customer. */
export interface AlertFacts {
  readonly id: string;
  readonly kind: string;
  readonly severity: string;
  readonly serverId: string | null;
}

/** Records an event of each alert that was raised or cleared since the last call. Returns how many. */
export function* announceAlerts(context: Context, alerts: readonly AlertFacts[], now: Date): Steps<number> {
  const before = (yield* readStored(context, announcedAlertsSetting))?.value ?? {};
  const announced: Record<string, string> = {};
  for (const { id, ...detail } of alerts)
    announced[id] = before[id] ?? (yield* recordEvent(context, { ...about(id, now), type: 'alert.raised', detail }));
  const cleared = Object.entries(before).filter(([id]) => announced[id] === undefined);
  for (const [id, cause] of cleared)
    yield* recordEvent(context, { ...about(id, now), type: 'alert.cleared', cause, detail: { kind: kindOf(id) } });
  const raised = Object.keys(announced).filter((id) => before[id] === undefined);
  const value: AnnouncedAlerts = announced;
  if (raised.length + cleared.length > 0) yield* putSetting(context, announcedAlertsSetting, { value, now });
  return raised.length + cleared.length;
}

function about(id: string, now: Date) {
  return { actor: 'policy', at: now, subject: id } as const;
}

function kindOf(id: string): string {
  return id.split(':', 1)[0] ?? id;
}
