/** What the calls of a job change at a cloud or in the DNS; `answer`: the first proof that a machine's VPN serves. */
export const callOperations = [
  'create',
  'remove',
  'forget-user-data',
  'forget-owner',
  'point',
  'remove-address',
  'clear',
  'answer',
] as const;
export type CallOperation = (typeof callOperations)[number];

/** One call that changed something, or failed to, as it is recorded. */
export interface JobCall {
  /** Counts the calls of the job, from 1. Calls between the first and the last ones may be left out. */
  readonly n: number;
  /** When it ended. */
  readonly at: Date;
  /** The name of the cloud or the DNS; `vpn` for an answer. */
  readonly service: string;
  readonly operation: CallOperation;
  /** The provider's id of the machine, or its name before it has one; the hostname; for an answer, the address. */
  readonly target: string;
  /** `ok`, the fault of the cloud or the DNS, or `error` for anything else. */
  readonly outcome: string;
  readonly ms: number;
  /** For people, without secrets; null: there is nothing to add. */
  readonly message: string | null;
}

/** The most calls that are recorded of one job. */
export const mostCalls = 40;
