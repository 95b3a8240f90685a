import { randomBytes } from 'node:crypto';
import type { Job } from '#db/tables.ts';
import { createSweepRecord } from '#queues/alerts/failing-queue.ts';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { type QueueConnection, queueName } from '#queues/bullmq/connection.ts';
import { redisErrorText } from '#queues/bullmq/redis-error.ts';
import { createSweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { every } from '#queues/every.ts';
import type { OrderBrake } from '#queues/gates/order-brake.ts';
import type { ProbeGate } from '#queues/gates/probe-gate.ts';
import { createHoldRecorder } from '#queues/run/deadline.ts';
import type { Gates } from '#queues/run/pauses.ts';
import { fireDueSchedules } from '#queues/schedules/fire-due.ts';
import { createSweeper, type Sweeper, type SweeperDeps } from '#queues/sweeper.ts';
import { readCatalogue } from '#queues/upkeep/catalogue.ts';
import { createUpkeep, type Upkeep, type UpkeepDeps } from '#queues/upkeep/upkeep.ts';
import type { Logger } from '#src/log.ts';
import { type KeyWatch, raiseKeyAlerts } from '#src/vpn/key-watch.ts';

export interface BackgroundDeps
  extends Gates,
    Pick<SweeperDeps, 'publisher'>,
    Pick<UpkeepDeps, 'store' | 'installation' | 'keptDays' | 'now' | 'onReport' | 'statementZone' | 'hasPayments'> {
  readonly connection: QueueConnection;
  readonly probeGate: Pick<ProbeGate, 'refusals' | 'isOver'>;
  readonly orderBrake: Pick<OrderBrake, 'runOnce' | 'refusals' | 'isOver'>;
  /** Names this process in alerts. */
  readonly instance: string;
  readonly keys: KeyWatch;
  readonly log: Logger;
}

/** The longest time before a lost job is found. */
const sweepEveryMs = 3_000;
/** The longest time before an orphan is found. */
const upkeepEveryMs = 20_000;
const refusalsEveryMs = 2_000;
/** The longest time that a rebuild is late. */
const schedulesEveryMs = 10_000;
/** The longest time until a worker has the catalogue that another one has read. */
const restockEveryMs = 10_000;

/**
 * Starts the work of a worker process besides its jobs: the sweep, the alerts about refused requests and machines that
 * never answer, taking the newest catalogue and, while it holds the lease, the installation's upkeep. `stop` resolves
 * when the last run has ended.
 */
export function startBackground(deps: BackgroundDeps): { stop(): Promise<void> } {
  const { connection, log } = deps;
  const holder = nameHolder(deps.instance);
  const upkeep = createUpkeepOf(deps, holder);
  const sweeper = createSweeperOf(deps, holder);
  const sweep = async () => void (connection.redis.status === 'ready' && (await sweeper.runOnce()));
  const sweeping = every(sweepEveryMs, sweep, logFailure(log, 'sweep-failed', 'The sweep'));
  connection.redis.on('ready', () => sweeping.now());
  const recordHold = createHoldRecorder(deps);
  const raise = () => Promise.all([recordHold(), raiseAlerts(deps)]);
  const fireDue = (stop: AbortSignal) => fireDueSchedules({ ...deps, holder, publish: publishReleased(deps) }, stop);
  const repeating = [
    sweeping,
    every(restockEveryMs, () => restock(deps), logFailure(log, 'catalogue-unreadable', 'Reading the stored catalogue')),
    every(upkeepEveryMs, (stop) => upkeep.runOnce(stop), logFailure(log, 'upkeep-failed', 'The upkeep')),
    every(schedulesEveryMs, fireDue, logFailure(log, 'schedules-failed', 'Looking for due schedules')),
    every(refusalsEveryMs, raise, logFailure(log, 'refusal-alerts-failed', 'Raising refusal alerts')),
  ];
  return { stop: async () => void (await Promise.all(repeating.map((one) => one.stop()))) };
}

function publishReleased({ publisher, log }: BackgroundDeps): (job: Job) => void {
  const failed = logFailure(log, 'publishing-failed', 'Publishing a released job');
  return (job) => void publisher.publish(job, 'release').catch(failed);
}

/** A new name of this process in a lease. */
export function nameHolder(instance: string): string {
  return `${instance}-${randomBytes(3).toString('hex')}`;
}

function createSweeperOf({ store, publisher, connection, now, log }: BackgroundDeps, holder: string): Sweeper {
  const queue = createSweepQueue(connection, now);
  const record = createSweepRecord({ queue: queueName, store, now });
  return createSweeper({ store, publisher, queue, record, holder, now, log });
}

async function raiseAlerts(deps: BackgroundDeps): Promise<void> {
  const { store, providerGate, dnsGate, probeGate, orderBrake, keys, instance, now } = deps;
  await orderBrake.runOnce();
  const provider = { gate: providerGate, whose: providerGate.provider.name, kind: 'provider-refuses' } as const;
  await raiseRefusalAlerts({ store, now, ...provider });
  await raiseRefusalAlerts({ store, now, ...provider, gate: providerGate.stock, kind: 'no-capacity' });
  await raiseRefusalAlerts({ store, now, ...provider, gate: providerGate.shelf, kind: 'configuration' });
  await raiseRefusalAlerts({ store, now, ...provider, gate: orderBrake, kind: 'ordering-stopped' });
  await raiseRefusalAlerts({ store, now, gate: probeGate, whose: `Worker ${instance}`, kind: 'vpn-probe-blocked' });
  await raiseKeyAlerts(keys, { store, now });
  if (dnsGate) await raiseRefusalAlerts({ store, now, gate: dnsGate, whose: dnsGate.dns.name, kind: 'dns-refuses' });
}

async function restock({ store, providerGate }: BackgroundDeps): Promise<void> {
  const catalogue = await readCatalogue(store, providerGate.provider.name);
  if (catalogue) providerGate.shelf.restock(catalogue);
}

function createUpkeepOf(deps: BackgroundDeps, holder: string): Upkeep {
  const { store, providerGate, dnsGate, installation, keptDays, now, log, onReport, statementZone, hasPayments } = deps;
  return createUpkeep({
    store,
    provider: providerGate.provider,
    dns: dnsGate?.dns ?? null,
    installation,
    keptDays,
    now,
    log,
    onReport,
    holder,
    statementZone,
    hasPayments,
  });
}

/** A handler that logs the failure of a task that is repeated. */
export function logFailure(log: Logger, event: string, task: string): (error: unknown) => void {
  return (error) => log.warn({ event, error: redisErrorText(error) }, `${task} failed and will be tried again`);
}
