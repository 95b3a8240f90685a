import { z } from 'zod';
import { operations } from './dialect.ts';
import { points } from './point.ts';

const common = {
  id: z.string().min(1).max(100).optional(),
  operation: z.enum([...operations, '*']),
  /** The number of calls that get the fault; null: all, until the rule is removed. */
  times: z.int().min(1).nullable().default(1),
  /** The fraction of the matching calls that get the fault, chosen at random; 1: all. */
  share: z.number().gt(0).max(1).default(1),
  /** All given fields must match. A label or client that ends in * matches every text with that beginning. */
  match: z
    .strictObject({ label: z.string().optional(), region: z.string().optional(), client: z.string().optional() })
    .default({}),
};
const ms = z.number().min(0).max(3_600_000);
const before = z.enum(['before', 'after']).default('before');
const after = z.enum(['before', 'after']).default('after');

/** A fault to inject; `when` is before or after the operation. */
export const faultRuleSchema = z.discriminatedUnion('kind', [
  /** Returns this status; `body` replaces the error in the provider's shape. */
  z.strictObject({
    ...common,
    kind: z.literal('status'),
    when: before,
    status: z.int().min(200).max(599),
    error: z.string().default('A simulated fault.'),
    body: z.json().optional(),
    headers: z.record(z.string(), z.string()).default({}),
    /** A Retry-After header, as seconds or as an HTTP date that far ahead. */
    retryAfter: z
      .strictObject({ seconds: z.int().min(0), as: z.enum(['seconds', 'date']).default('seconds') })
      .optional(),
  }),
  /** Closes the connection without a response. */
  z.strictObject({ ...common, kind: z.literal('lost'), when: after }),
  /** Delays the call. */
  z.strictObject({ ...common, kind: z.literal('slow'), when: before, ms }),
  /** Sends no response; the connection stays open. */
  z.strictObject({ ...common, kind: z.literal('hang'), when: before }),
  /** Does the operation, then sends a response that is not JSON. */
  z.strictObject({ ...common, kind: z.literal('garbage') }),
  /** Does the operation, then sends the first half of the response and closes the connection. */
  z.strictObject({ ...common, kind: z.literal('half-body') }),
  /** A create whose machine appears in lists only after `ms`; a get by id finds it. */
  z.strictObject({ ...common, kind: z.literal('late-list'), operation: z.literal('create').default('create'), ms }),
  /** A create whose machine boots for `ms`; null: for ever. */
  z.strictObject({
    ...common,
    kind: z.literal('boot'),
    operation: z.literal('create').default('create'),
    ms: ms.nullable(),
  }),
  /** A create whose machine runs but never gets an IPv4 address. */
  z.strictObject({ ...common, kind: z.literal('no-address'), operation: z.literal('create').default('create') }),
  /**
   * Kills the calling process with SIGKILL when the call arrives, after the operation, or `ms` after the response. The
   * process must run on this computer, and its User-Agent must end in `<host>-<pid>`, as our workers' do. Other callers
   * get no response.
   */
  z.strictObject({ ...common, kind: z.literal('kill'), when: z.enum(points).default('acted'), ms: ms.default(20) }),
  /** A create whose machine's VPN answers only `ms` after the boot; null: never. */
  z.strictObject({
    ...common,
    kind: z.literal('vpn'),
    operation: z.literal('create').default('create'),
    ms: ms.nullable(),
  }),
  /** A delete that fails because the machine is locked. */
  z.strictObject({ ...common, kind: z.literal('locked'), operation: z.literal('delete').default('delete') }),
]);
export type FaultRule = z.infer<typeof faultRuleSchema>;
