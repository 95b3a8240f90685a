import { hash } from 'node:crypto';
import type { Statement } from '#db/statements.ts';
import type { Store } from '#db/store.ts';
import { polledSetting } from '#queues/payments/reconcile.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { readDayEvents } from './day-events.ts';
import { dayAfter, dayOf, startOf } from './days.ts';
import { statementOf } from './statement.ts';
import { readTroublesOfDay, type TroubleStore } from './troubles.ts';
import { type Usage, usageOf, usageSetting } from './usage.ts';

export interface StatementDeps {
  readonly store: TroubleStore &
    Pick<
      Store,
      'readSetting' | 'readStatements' | 'recordStatement' | 'readPaid' | 'readEventsWithin' | 'hasOpenNotice'
    >;
  /** The name of the configured provider, and its offer; null: not read yet. */
  readonly provider: string;
  readonly catalogue: () => Promise<Catalogue | null>;
  /** Whether customers pay at Stripe. */
  readonly hasPayments: boolean;
  readonly zone: string;
  readonly now: () => Date;
}

/** Transactions that began before midnight, and polls of events, are over after this time. */
const settleMs = 10 * 60_000;
/** So long after its end a day is stated without what is still unknown. */
const waitMs = 24 * 60 * 60_000;
/** Stripe lists an event at most so long after it was made. */
const eventLagMs = 60_000;

/**
 * Writes the statement of the next day that has none, if that day is over and everything about it is known, or a day
 * later in any case. Returns the day; null: none was due.
 */
export async function writeStatement(deps: StatementDeps): Promise<string | null> {
  const { store, zone, now } = deps;
  const usage = (await store.readSetting(usageSetting))?.value ?? null;
  const day = await nextDay(deps, usage);
  if (day === null) return null;
  const [from, to] = [startOf(day, zone), startOf(dayAfter(day), zone)];
  const sinceEndMs = now().getTime() - to.getTime();
  if (sinceEndMs < settleMs) return null;
  const covered = usageOf(usage, day, zone);
  const isPaidKnown = await isApplied(deps, to);
  if ((covered === null || !isPaidKnown) && sinceEndMs < waitMs) return null;
  const statement = statementOf({
    day,
    zone,
    from,
    to,
    now: now(),
    usage: covered,
    provider: deps.provider,
    catalogue: await deps.catalogue(),
    paid: isPaidKnown ? await store.readPaid(from, to) : null,
    events: await readDayEvents(store, from, to),
    ...(await readTroublesOfDay(store, now())),
  });
  await store.recordStatement({ statement, digest: digestOf(statement), now: now() });
  return day;
}

/** The day after the newest statement, or the first whole day with listings; null: there was no listing yet. */
async function nextDay({ store, zone }: StatementDeps, usage: Usage | null): Promise<string | null> {
  const [newest] = await store.readStatements({ limit: 1 });
  if (newest) return dayAfter(newest.day);
  if (usage === null) return null;
  const first = dayOf(new Date(usage.beganAt), zone);
  return startOf(first, zone).getTime() === usage.beganAt ? first : dayAfter(first);
}

/** Whether Stripe was asked for the events of the time before, and all of them are applied. */
async function isApplied({ store, hasPayments }: StatementDeps, to: Date): Promise<boolean> {
  if (!hasPayments) return true;
  const polledAt = (await store.readSetting(polledSetting))?.value ?? 0;
  return polledAt >= to.getTime() + eventLagMs && !(await store.hasOpenNotice(to));
}

/** The SHA-256 of the statement's JSON, as the API shows it. */
function digestOf(statement: Statement): string {
  return hash('sha256', JSON.stringify(statement));
}
