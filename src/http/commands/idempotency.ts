import { hash } from 'node:crypto';
import { z } from 'zod';
import { actorNamed } from '#db/links.ts';
import type { Command, CommandAnswer } from '#db/transactions/answers.ts';
import type { Actor } from '#db/transactions/request.ts';
import type { Call } from '#src/http/route.ts';

const missingMessage =
  'is required: it makes the call safe to repeat. Choose a unique value for each order, such as Idempotency-Key: order-4711';

const key = z
  .string({ error: ({ input }) => (input === undefined ? missingMessage : undefined) })
  .regex(
    /^(?!""$)[\x21-\x7e]{1,255}$/,
    'must be 1 to 255 printable ASCII characters without spaces, sent in one header',
  );

const description =
  'Makes the call safe to repeat. A repeated call with the same key and body gets the first answer, also when both arrive at once. The same key with another body gets 422. Each token has its own keys. Quotes around the key are not part of it.';

export const keyRequired = z.object({ 'Idempotency-Key': key.meta({ description, example: 'docs-1' }) });
export const keyAccepted = z.object({ 'Idempotency-Key': key.optional().meta({ description }) });

type Headers = { readonly 'Idempotency-Key'?: string | undefined };

/**
 * The command of a call, with its idempotency key. `answer` makes the body inside the command's transaction, and only
 * for the first call with the key.
 */
export function commandOf<R>(
  call: Call<unknown, unknown, Headers, unknown>,
  answer: (recorded: R) => unknown,
): Command<R> {
  const given = call.headers['Idempotency-Key'];
  if (given === undefined) return { idempotency: null, answer };
  return { idempotency: { token: call.caller, key: unquoted(given), bodyHash: hashOf(call) }, answer };
}

/** The IETF's draft writes the key as a quoted string. With and without quotes it is the same order. */
function unquoted(key: string): string {
  return /^"(.+)"$/.exec(key)?.[1] ?? key;
}

/** The caller and the time of the command, for the rows that it writes. */
export function actorOf({ caller, requestId }: Pick<Call, 'caller' | 'requestId'>, now: Date): Actor {
  return { requestedBy: actorNamed(caller), requestId, now };
}

/** 202 with the job's path in `Location`. A replayed answer has the header `Idempotency-Replayed`. */
export function accepted<B extends { readonly job: { readonly id: string } }>(result: CommandAnswer<unknown>) {
  // The body was made by this route's `answer`: the key's hash covers the route's method and path.
  const body = result.body as B;
  const replayed = result.recorded ? {} : { 'Idempotency-Replayed': 'true' };
  const headers = { Location: `/v1/jobs/${body.job.id}`, ...replayed };
  return { status: 202 as const, body, headers };
}

function hashOf({ request, body }: Call): string {
  const path = request.path.replace(/\/$/, '');
  return hash('sha256', `${request.method} ${path}\n${canonical(body)}`);
}

/** JSON with sorted members, so that equal bodies give equal text. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
