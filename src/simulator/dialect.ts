import type { Machine } from './machine.ts';

/** What a call asks for, in no provider's words; fault rules and the call log go by it. */
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
] as const;
export type Operation = (typeof operations)[number];

/** What faults ask of the operation itself. */
export interface Hints {
  listDelayMs?: number;
  /** null: it never becomes ready. */
  bootMs?: number | null;
  /** It never gets an IPv4 address. */
  noAddress?: boolean;
  /** null: its VPN never answers. */
  vpnMs?: number | null;
}

/** One request on its way through the simulator. */
export interface Call {
  /** Its place in the call log. */
  readonly seq: number;
  readonly operation: Operation;
  /** Who calls: the header x-client-id, else User-Agent. */
  readonly client: string;
  readonly authorization: string | null;
  /** Where the dialect answers, as the caller wrote it: `http://127.0.0.1:3900/v2`. */
  readonly base: string;
  /** The id in the path, '' where the path has none. */
  readonly id: string;
  /** The id in the path of what the thing lies in, as a record in its zone; '' where the path has none. */
  readonly parent: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly hints: Hints;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a string as it is; undefined: no body. */
  readonly body?: unknown;
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below the dialect's base path, in Express's notation; an id is `:id`, and `:parent` what it lies in. */
  readonly path: string;
  readonly operation: Operation;
  /** Does what is asked and answers in the dialect's words; `made` is told of a new machine at once. */
  act(call: Call, made: (machine: Machine) => void): Promise<Answer> | Answer;
}

/** What a call is about, as fault rules match it and the call log shows it. */
export interface Subject {
  readonly machineId: string | null;
  readonly label: string | null;
  readonly region: string | null;
}

/** One provider's HTTP API over the simulated machines. */
export interface Dialect {
  readonly routes: readonly Route[];
  /** null: the caller may. */
  unauthorized(call: Call): Answer | null;
  subjectOf(call: Call): Subject;
  /** An error in the dialect's shape. */
  refuse(status: number, message: string): Answer;
  /** What a delete answers while the machine is locked. */
  locked(): Answer;
}
