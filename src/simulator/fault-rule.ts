import { z } from 'zod';
import { operations } from './dialect.ts';
import { points } from './point.ts';

const common = {
  id: z.string().min(1).max(100).optional(),
  operation: z.enum([...operations, '*']),
  /** How many calls it spoils; null: all, until it is removed. */
  times: z.int().min(1).nullable().default(1),
  /** The part of the fitting calls that it spoils, drawn by lot; 1: every one. */
  share: z.number().gt(0).max(1).default(1),
  /** All that are given must fit; a label or client that ends in * fits what begins like it. */
  match: z
    .strictObject({ label: z.string().optional(), region: z.string().optional(), client: z.string().optional() })
    .default({}),
};
const ms = z.number().min(0).max(3_600_000);
const before = z.enum(['before', 'after']).default('before');
const after = z.enum(['before', 'after']).default('after');

/** What the simulator can be told to do wrong; `when` is before or after it did what was asked. */
export const faultRuleSchema = z.discriminatedUnion('kind', [
  /** Answers with this status; `body` instead of an error in the provider's shape. */
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
  /** Closes the connection without an answer. */
  z.strictObject({ ...common, kind: z.literal('lost'), when: after }),
  /** Takes this much longer. */
  z.strictObject({ ...common, kind: z.literal('slow'), when: before, ms }),
  /** Never answers; the connection stays open. */
  z.strictObject({ ...common, kind: z.literal('hang'), when: before }),
  /** Does what is asked, then answers with something that is not JSON. */
  z.strictObject({ ...common, kind: z.literal('garbage') }),
  /** Does what is asked, then sends the first half of the answer and closes. */
  z.strictObject({ ...common, kind: z.literal('half-body') }),
  /** A create whose machine is in no list until `ms` later; a get by id finds it. */
  z.strictObject({ ...common, kind: z.literal('late-list'), operation: z.literal('create').default('create'), ms }),
  /** A create whose machine takes `ms` to boot; null: it never does. */
  z.strictObject({
    ...common,
    kind: z.literal('boot'),
    operation: z.literal('create').default('create'),
    ms: ms.nullable(),
  }),
  /** A create whose machine runs and never gets an IPv4 address. */
  z.strictObject({ ...common, kind: z.literal('no-address'), operation: z.literal('create').default('create') }),
  /**
   * Ends the calling process with SIGKILL, where it runs on this computer and names itself `…<host>-<pid>`, as our workers
   * do: as the call arrives, once it has acted, or `ms` after the answer went out. Whoever else calls gets no answer.
   */
  z.strictObject({ ...common, kind: z.literal('kill'), when: z.enum(points).default('acted'), ms: ms.default(20) }),
  /** A create whose machine's VPN answers only `ms` after it has booted; null: it never does. */
  z.strictObject({
    ...common,
    kind: z.literal('vpn'),
    operation: z.literal('create').default('create'),
    ms: ms.nullable(),
  }),
  /** A delete that is refused as locked. */
  z.strictObject({ ...common, kind: z.literal('locked'), operation: z.literal('delete').default('delete') }),
]);
export type FaultRule = z.infer<typeof faultRuleSchema>;
