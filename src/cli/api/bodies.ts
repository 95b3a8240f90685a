import type { z } from 'zod';
import type { alertShape } from '#src/http/routes/alerts.ts';
import type { withCauses } from '#src/http/routes/events.ts';
import type { tallyShape, trendShape } from '#src/http/routes/figures.ts';
import type { stateShape } from '#src/http/routes/health.ts';
import type { entryShape } from '#src/http/routes/history.ts';
import type { logShape } from '#src/http/routes/jobs.ts';
import type { machineShape } from '#src/http/routes/machines.ts';
import type { locationShape, planShape } from '#src/http/routes/offer.ts';
import type { purchasedShape } from '#src/http/routes/purchases.ts';
import type { queueShape } from '#src/http/routes/queue.ts';
import type { saleShape } from '#src/http/routes/sale.ts';
import type { settingsShape } from '#src/http/routes/settings.ts';
import type { whyShape } from '#src/http/routes/why.ts';
import type { workersShape } from '#src/http/routes/workers.ts';
import type { commandResultShape } from '#src/http/shapes/command-result.ts';
import type { deviceShape } from '#src/http/shapes/device.ts';
import type { eventShape } from '#src/http/shapes/event.ts';
import type { jobShape } from '#src/http/shapes/job.ts';
import type { keyShape, madeKey } from '#src/http/shapes/key.ts';
import type { linkShape, madeLink } from '#src/http/shapes/link.ts';
import type { previewShape } from '#src/http/shapes/preview.ts';
import type { scheduleShape } from '#src/http/shapes/schedule.ts';
import type { listedServer, serverInFull } from '#src/http/shapes/server.ts';
import type { statementShape } from '#src/http/shapes/statement.ts';
import type { subscriptionInFull, subscriptionShape } from '#src/http/shapes/subscription.ts';
import type { deliveryShape, webhookShape, webhookWithSecret } from '#src/http/shapes/webhook.ts';

/** The bodies of the API's answers. Only types: the program does not load the shapes. */
export type Server = z.output<typeof listedServer>;
export type ServerInFull = z.output<typeof serverInFull>;
export type Job = z.output<typeof jobShape>;
export type JobLog = z.output<typeof logShape>;
export type CommandResult = z.output<typeof commandResultShape>;
export type Preview = z.output<typeof previewShape>;
export type Purchased = z.output<typeof purchasedShape>;
export type HistoryEntry = z.output<typeof entryShape>;
export type Alert = z.output<typeof alertShape>;
export type Plan = z.output<typeof planShape>;
export type Location = z.output<typeof locationShape>;
export type Sale = z.output<typeof saleShape>;
export type Settings = z.output<typeof settingsShape>;
export type Queue = z.output<typeof queueShape>;
export type Readiness = z.output<typeof stateShape>;
export type FoundMachine = z.output<typeof machineShape>;
export type Event = z.output<typeof eventShape>;
export type EventWithCauses = z.output<typeof withCauses>;
export type Tally = z.output<typeof tallyShape>;
export type Trend = z.output<typeof trendShape>;
export type Workers = z.output<typeof workersShape>;
export type Schedule = z.output<typeof scheduleShape>;
export type Webhook = z.output<typeof webhookShape>;
export type WebhookWithSecret = z.output<typeof webhookWithSecret>;
export type Delivery = z.output<typeof deliveryShape>;
export type Key = z.output<typeof keyShape>;
export type MadeKey = z.output<typeof madeKey>;
export type Link = z.output<typeof linkShape>;
export type MadeLink = z.output<typeof madeLink>;
export type Why = z.output<typeof whyShape>;
export type Device = z.output<typeof deviceShape>;
export type Statement = z.output<typeof statementShape>;
export type Subscription = z.output<typeof subscriptionShape>;
export type SubscriptionInFull = z.output<typeof subscriptionInFull>;

export interface Items<T> {
  readonly items: readonly T[];
}

export interface PageOf<T> extends Items<T> {
  readonly nextCursor: string | null;
}
