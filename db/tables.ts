import { callOperations } from './calls.ts';
import { type Columns, columnsOf } from './columns.ts';
import type { ActorName, EventType } from './events.ts';
import { keyTable } from './key-table.ts';
import type { LinkRight } from './links.ts';
import { jobKinds, jobStates, machineStates, serverStatuses } from './model.ts';
import { newsTables } from './news-tables.ts';
import { paymentTables } from './payment-tables.ts';
import { scheduleIntervals, weekdays } from './schedules.ts';
import type { Statement } from './statements.ts';
import { purchaseSources } from './subscriptions.ts';
import { grains } from './trends.ts';
import { workerTable } from './worker-table.ts';

/** Every table, defined once for both dialects. The migrations define the same in SQL, with constraints and indexes. */
function define(c: Columns) {
  return {
    ...saleTables(c),
    machines: machineTable(c),
    jobs: jobTable(c),
    ...paymentTables(c),
    ...newsTables(c),
    schedules: scheduleTable(c),
    links: linkTable(c),
    keys: keyTable(c),
    ...recordTables(c),
    ...upkeepTables(c),
  };
}

function saleTables(c: Columns) {
  return {
    purchases: c.table('purchases', {
      id: c.text('id').primaryKey(),
      customer: c.text('customer').notNull(),
      location: c.text('location').notNull(),
      plan: c.text('plan').notNull(),
      reference: c.text('reference'),
      requestedBy: c.text('requested_by').$type<ActorName>().notNull(),
      createdAt: c.time('created_at').notNull(),
      source: c.oneOf('source', purchaseSources).notNull(),
      /** The subscription that pays for it; null: none of Stripe. A subscription has one purchase that has not ended. */
      subscriptionId: c.text('subscription_id'),
      paidAt: c.time('paid_at'),
      /** When its subscription was over, or an operator gave it another one; null: it has not ended. */
      endedAt: c.time('ended_at'),
    }),
    servers: c.table('servers', {
      id: c.text('id').primaryKey(),
      purchaseId: c.text('purchase_id').notNull(),
      customer: c.text('customer').notNull(),
      /** The form by which the customer is found; null: the customer as given has that form. */
      customerFolded: c.text('customer_folded'),
      reference: c.text('reference'),
      hostname: c.text('hostname').notNull(),
      provider: c.text('provider').notNull(),
      location: c.text('location').notNull(),
      plan: c.text('plan').notNull(),
      status: c.oneOf('status', serverStatuses).notNull(),
      generation: c.int('generation').notNull(),
      /** The machine that serves the customer now; null: none. */
      machineId: c.text('machine_id'),
      /** Why it is suspended, for people; null: it is not. */
      heldReason: c.text('held_reason'),
      /** Since when the customer has paid without having a machine; null: one serves, or none is owed. */
      owedSince: c.time('owed_since'),
      /** The position of the newest job. Jobs are ordered by position, never by time. */
      lastPosition: c.int('last_position').notNull(),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    }),
    /** No row: the server is destroyed, or was bought before servers had VPN keys. */
    vpnKeys: c.table('vpn_keys', {
      serverId: c.text('server_id').primaryKey(),
      sealed: c.text('sealed').notNull(),
    }),
    deviceLabels: deviceLabelTable(c),
  };
}

/** The customer's names for devices. No row: the device has none. Deleted at the destroy. */
function deviceLabelTable(c: Columns) {
  return c.table(
    'device_labels',
    {
      serverId: c.text('server_id').notNull(),
      /** The device's number, from 1. */
      device: c.int('device').notNull(),
      label: c.text('label').notNull(),
    },
    (t) => [c.key({ columns: [t.serverId, t.device] })],
  );
}

function machineTable(c: Columns) {
  return c.table('machines', {
    id: c.text('id').primaryKey(),
    serverId: c.text('server_id').notNull(),
    generation: c.int('generation').notNull(),
    name: c.text('name').notNull(),
    provider: c.text('provider').notNull(),
    /** The account that holds it; null: its provider has not confirmed it yet. */
    account: c.text('account'),
    location: c.text('location').notNull(),
    plan: c.text('plan').notNull(),
    state: c.oneOf('state', machineStates).notNull(),
    providerId: c.text('provider_id'),
    ipv4: c.text('ipv4'),
    /** null: it has none, or its VPN did not answer there. */
    ipv6: c.text('ipv6'),
    /** How many of the customer's devices its user data is made for. */
    devices: c.int('devices').notNull(),
    createdAt: c.time('created_at').notNull(),
    /** A replaced or abandoned machine may be removed from this time on. */
    removableAt: c.time('removable_at'),
    goneAt: c.time('gone_at'),
  });
}

function jobTable(c: Columns) {
  return c.table('jobs', {
    id: c.text('id').primaryKey(),
    serverId: c.text('server_id').notNull(),
    kind: c.oneOf('kind', jobKinds).notNull(),
    state: c.oneOf('state', jobStates).notNull(),
    /** The id of the server; for a retire, of the machine. */
    line: c.text('line').notNull(),
    position: c.int('position').notNull(),
    /** The machine that a create or rebuild makes (set at its release), or that a retire removes. */
    machineId: c.text('machine_id'),
    /** The location that a rebuild moves to; null: the server's own. */
    location: c.text('location'),
    /** The plan that a rebuild changes to; null: the server's own. */
    plan: c.text('plan'),
    /** Why a suspension was asked for; null for other kinds. */
    reason: c.text('reason'),
    attempts: c.int('attempts').notNull(),
    error: c.text('error'),
    parked: c.flag('parked').notNull(),
    retryOf: c.text('retry_of'),
    requestedBy: c.text('requested_by').$type<ActorName>().notNull(),
    /** The uid of the event that asked for it; null: unknown, from an older version. */
    cause: c.text('cause'),
    requestId: c.text('request_id'),
    createdAt: c.time('created_at').notNull(),
    /** It must not run before this time; null: at once. */
    dueAt: c.time('due_at'),
    finishedAt: c.time('finished_at'),
    ...releaseColumns(c),
  });
}

function releaseColumns(c: Columns) {
  return {
    releasedAt: c.time('released_at'),
    /** How many other servers of the customer were under way at its release. It orders jobs and decides nothing else. */
    rank: c.int('rank').notNull(),
    /** The uid of the event that asked to cancel it after its release; null: nobody has. */
    cancelCause: c.text('cancel_cause'),
  };
}

function recordTables(c: Columns) {
  return {
    /** Append-only: triggers refuse every change. It refers to other tables without foreign keys, as it outlives them. */
    events: c.table('events', {
      /** The order in which events were written. A restored database gives the same numbers to other events. */
      id: c.serial('id'),
      /** Unique for all time, unlike the number. */
      uid: c.text('uid').notNull(),
      at: c.time('at').notNull(),
      type: c.text('type').$type<EventType>().notNull(),
      actor: c.text('actor').$type<ActorName>().notNull(),
      /** The uid of the event that caused it; null: nothing that is recorded. */
      cause: c.text('cause'),
      requestId: c.text('request_id'),
      serverId: c.text('server_id'),
      jobId: c.text('job_id'),
      subscriptionId: c.text('subscription_id'),
      /** What it is about if that is none of these. */
      subject: c.text('subject'),
      detail: c.json('detail').notNull(),
    }),
    calls: callTable(c),
    answers: c.table(
      'answers',
      {
        token: c.text('token').notNull(),
        key: c.text('key').notNull(),
        bodyHash: c.text('body_hash').notNull(),
        body: c.json('body'),
        createdAt: c.time('created_at').notNull(),
      },
      (t) => [c.key({ columns: [t.token, t.key] })],
    ),
  };
}

/** Like the events, they outlive the rows that they name. */
function callTable(c: Columns) {
  return c.table(
    'calls',
    {
      jobId: c.text('job_id').notNull(),
      n: c.int('n').notNull(),
      at: c.time('at').notNull(),
      service: c.text('service').notNull(),
      operation: c.oneOf('operation', callOperations).notNull(),
      target: c.text('target').notNull(),
      outcome: c.text('outcome').notNull(),
      ms: c.int('ms').notNull(),
      message: c.text('message'),
    },
    (t) => [c.key({ columns: [t.jobId, t.n] })],
  );
}

function scheduleTable(c: Columns) {
  return c.table('schedules', {
    serverId: c.text('server_id').primaryKey(),
    every: c.oneOf('every', scheduleIntervals).notNull(),
    weekday: c.oneOf('weekday', weekdays),
    day: c.int('day'),
    at: c.text('at').notNull(),
    zone: c.text('zone').notNull(),
    locations: c.json('locations').$type<string[]>().notNull(),
    /** How many rebuilds it has asked for: the next one goes to the place with this number, counted around. */
    turn: c.int('turn').notNull(),
    paused: c.flag('paused').notNull(),
    nextAt: c.time('next_at').notNull(),
    firedAt: c.time('fired_at'),
    firedJob: c.text('fired_job'),
    /** Why the last time passed without a rebuild; null: it did not. */
    skipped: c.text('skipped'),
    /** The uid of the event that made it as it is. */
    cause: c.text('cause').notNull(),
  });
}

/** A row for each link that works, and for some that have expired: the next link of the server deletes those. */
function linkTable(c: Columns) {
  return c.table('links', {
    id: c.text('id').primaryKey(),
    serverId: c.text('server_id').notNull(),
    /** The SHA-256 of its token, in hex. */
    digest: c.text('digest').notNull(),
    may: c.json('may').$type<LinkRight[]>().notNull(),
    createdBy: c.text('created_by').$type<ActorName>().notNull(),
    createdAt: c.time('created_at').notNull(),
    expiresAt: c.time('expires_at').notNull(),
  });
}

function upkeepTables(c: Columns) {
  return {
    alerts: c.table('alerts', {
      id: c.text('id').primaryKey(),
      kind: c.text('kind').notNull(),
      subject: c.text('subject').notNull(),
      message: c.text('message').notNull(),
      raisedAt: c.time('raised_at').notNull(),
      /** The facts that programs read, by kind; null: none. */
      detail: c.json('detail'),
      /** Not cleared before this time; null: not held. */
      heldUntil: c.time('held_until'),
    }),
    orderedRemovals: c.table('ordered_removals', {
      /** The provider's id of a machine that has no row. */
      providerId: c.text('provider_id').primaryKey(),
      name: c.text('name').notNull(),
      orderedBy: c.text('ordered_by').notNull(),
      orderedAt: c.time('ordered_at').notNull(),
    }),
    silentMachines: silentMachineTable(c),
    leases: c.table('leases', {
      name: c.text('name').primaryKey(),
      holder: c.text('holder').notNull(),
      expiresAt: c.time('expires_at').notNull(),
    }),
    /** What each day has cost and brought; a row is never changed. */
    statements: c.table('statements', {
      /** `2026-11-29` */
      day: c.text('day').primaryKey(),
      body: c.json('body').$type<Statement>().notNull(),
      /** The SHA-256 of the body. */
      digest: c.text('digest').notNull(),
    }),
    trends: trendTable(c),
    workers: workerTable(c),
    settings: c.table('settings', {
      name: c.text('name').primaryKey(),
      value: c.json('value').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    }),
  };
}

/** How many servers were bought and became ready in each minute and hour: the sums of what the events say. */
function trendTable(c: Columns) {
  return c.table(
    'trends',
    {
      grain: c.oneOf('grain', grains).notNull(),
      at: c.time('at').notNull(),
      purchases: c.int('purchases').notNull(),
      ready: c.int('ready').notNull(),
      waitedMs: c.money('waited_ms').notNull(),
      longestMs: c.money('longest_ms').notNull(),
    },
    (t) => [c.key({ columns: [t.grain, t.at] })],
  );
}

/** The machines that were ordered and never answered. They count against further orders. */
function silentMachineTable(c: Columns) {
  return c.table(
    'silent_machines',
    {
      provider: c.text('provider').notNull(),
      providerId: c.text('provider_id').notNull(),
      jobId: c.text('job_id').notNull(),
      silentAt: c.time('silent_at').notNull(),
    },
    (t) => [c.key({ columns: [t.provider, t.providerId] })],
  );
}

export type Tables = ReturnType<typeof define>;
export const tablesOf = { sqlite: define(columnsOf.sqlite), postgres: define(columnsOf.postgres) };

export type Purchase = Tables['purchases']['$inferSelect'];
export type Server = Tables['servers']['$inferSelect'];
export type Machine = Tables['machines']['$inferSelect'];
export type Job = Tables['jobs']['$inferSelect'];
export type DeviceLabel = Tables['deviceLabels']['$inferSelect'];
export type Schedule = Tables['schedules']['$inferSelect'];
export type LinkRow = Tables['links']['$inferSelect'];
export type VpnKeysRow = Tables['vpnKeys']['$inferSelect'];
export type EventRow = Tables['events']['$inferSelect'];
export type CallRow = Tables['calls']['$inferSelect'];
/** Without the hold, which only `holdAlert` and `clearAlert` use. */
export type RecordedAlert = Omit<Tables['alerts']['$inferSelect'], 'heldUntil'>;
export type StatementRow = Tables['statements']['$inferSelect'];
export type SilentMachine = Tables['silentMachines']['$inferSelect'];
export type OrderedRemoval = Tables['orderedRemovals']['$inferSelect'];
