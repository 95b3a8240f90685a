import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Command } from '#db/store.ts';
import type { CommandAnswer } from '#db/transactions/answers.ts';
import type { Actor } from '#db/transactions/commands.ts';
import type { Call } from '#src/http/route.ts';

const whatFor =
  'is required: it makes the call safe to repeat, as the same key never buys twice. Send a name of your own for it, such as Idempotency-Key: order-4711';

const key = z
  .string({ error: ({ input }) => (input === undefined ? whatFor : undefined) })
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters without spaces, and be sent once');

const about =
  'Makes the call safe to repeat: the same key and body get the same answer, also when they come at once; another body with the same key gets 422. Keys belong to their token.';

export const keyRequired = z.object({ 'Idempotency-Key': key.meta({ description: about, example: 'order-4711' }) });
export const keyAccepted = z.object({ 'Idempotency-Key': key.optional().meta({ description: about }) });

type Headers = { readonly 'Idempotency-Key'?: string | undefined };

/** The command behind a call: recognised by its key, and answered by `answer` inside its transaction. */
export function commandOf<R>(
  call: Call<unknown, unknown, Headers, unknown>,
  answer: (recorded: R) => unknown,
): Command<R> {
  const key = call.headers['Idempotency-Key'] ?? keyOfOurOwn();
  return { idempotency: { token: call.caller, key, bodyHash: hashOf(call) }, answer };
}

/** A commit whose answer was lost on the way is tried again; without a key it would count twice. The space keeps it from being anybody's. */
function keyOfOurOwn(): string {
  return `own ${randomUUID()}`;
}

export function actorOf({ caller, requestId }: Call, now: Date): Actor {
  return { requestedBy: caller, requestId, now };
}

/** 202 with the job's address. The body is what `answer` made, now or when the key came first. */
export function accepted<B extends { readonly job: { readonly id: string } }>(done: CommandAnswer<unknown>) {
  const body = done.body as B;
  const headers = { Location: `/v1/jobs/${body.job.id}`, ...(done.recorded ? {} : { 'Idempotency-Replayed': 'true' }) };
  return { status: 202 as const, body, headers };
}

function hashOf({ request, body }: Call): string {
  return createHash('sha256')
    .update(`${request.method} ${request.path}\n${canonical(body)}`)
    .digest('hex');
}

/** The same text for the same validated body, whatever the order of its members. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
