import type { Machine } from './machine.ts';

/** The purpose of a call, the same for all providers; fault rules and the call log use it. */
export const operations = [
  'account',
  'list',
  'create',
  'get',
  'update',
  'user-data',
  'delete',
  'regions',
  'availability',
  'plans',
  'os',
  'zones',
  'list-records',
  'create-record',
  'update-record',
  'delete-record',
  'events',
  'list-payments',
  'read-payment',
  'change-payment',
  'checkout',
  'portal',
] as const;
export type Operation = (typeof operations)[number];

/** How faults change the operation itself. */
export interface Hints {
  listDelayMs?: number;
  /** null: the machine never becomes ready. */
  bootMs?: number | null;
  /** The machine never gets an IPv4 address. */
  noAddress?: boolean;
  /** null: the machine's VPN never answers. */
  vpnMs?: number | null;
}

/** One request on its way through the simulator. */
export interface Call {
  /** Its number in the call log. */
  readonly seq: number;
  readonly operation: Operation;
  /** The calling process: the header x-client-id, else User-Agent. */
  readonly client: string;
  readonly authorization: string | null;
  /** null: not given. */
  readonly idempotencyKey: string | null;
  /** The dialect's base address as the caller wrote it: `http://127.0.0.1:3900/v2`. */
  readonly base: string;
  /** The id in the path; '' if there is none. */
  readonly id: string;
  /** The parent's id in the path, such as a record's zone; '' if there is none. */
  readonly parent: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly hints: Hints;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string is sent unchanged. undefined: no body. */
  readonly body?: unknown;
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below the dialect's base path, in Express's notation, with `:id` and `:parent` for ids. */
  readonly path: string;
  readonly operation: Operation;
  /** Does the operation and makes the response; calls `made` with a new machine at once. */
  act(call: Call, made: (machine: Machine) => void): Promise<Answer> | Answer;
}

/** The machine or record of a call, as fault rules match it and the call log shows it. */
export interface Subject {
  readonly machineId: string | null;
  readonly label: string | null;
  readonly region: string | null;
}

/** One provider's HTTP API over the simulated machines. */
export interface Dialect {
  readonly routes: readonly Route[];
  /** null: the caller is authorized. */
  unauthorized(call: Call): Answer | null;
  subjectOf(call: Call): Subject;
  /** An error in the dialect's shape. */
  errorAnswer(status: number, message: string): Answer;
  /** The response to a delete while the machine is locked. */
  locked(): Answer;
}
