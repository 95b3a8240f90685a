import { z } from 'zod';
import type { NewNotice } from '#db/transactions/payments/notices.ts';
import { readBytes } from '#src/http/middleware/body-bytes.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { deskOf, type PaymentsDesk } from '#src/http/services/payments.ts';
import { eventTypes } from '#src/payments/stripe/event-types.ts';
import { type Notice, noticeIn } from '#src/payments/stripe/notice.ts';
import { isTimely } from '#src/payments/stripe/signature.ts';

const maxBytes = 1024 * 1024;
const takenTypes: ReadonlySet<string> = new Set(eventTypes);

export const webhookPath = '/v1/stripe/webhook';

const receive = route({
  method: 'post',
  path: webhookPath,
  access: 'anyone',
  summary: 'Receive an event of Stripe',
  description:
    'For Stripe only: the header Stripe-Signature proves the sender. The event is stored before the answer, and its object is fetched from Stripe afterwards. An event of another mode or account, or of a type that this service does not use, is answered and not stored.',
  readsBytes: true,
  answers: {
    200: {
      description: 'The event is stored, or concerns nothing here',
      body: z.object({ received: z.literal(true) }),
    },
  },
  problems: ['signature-invalid', 'malformed', 'body-too-large', 'database-busy', 'disk-full', 'payments-unavailable'],
  handle: async ({ request }, { payments, log, now }) => {
    const desk = deskOf({ payments });
    if (desk.verify === null) {
      throw new Problem(
        'payments-unavailable',
        'This installation takes no webhooks: STRIPE_WEBHOOK_SECRET is not set.',
      );
    }
    const { verify, badSignatures } = desk;
    await badSignatures.assertBelow(request);
    const signature = request.get('stripe-signature') ?? '';
    // The very bytes: JSON that was written again has another signature.
    const body = isTimely(signature, now()) ? await desk.unverified(request, () => readBytes(request, maxBytes)) : null;
    if (body === null || !(await verify(body, signature, now()))) {
      await badSignatures.count(request);
      throw new Problem(
        'signature-invalid',
        'No signing secret of this installation fits the header Stripe-Signature.',
        body === null ? { headers: { Connection: 'close' } } : {},
      );
    }
    const notice = noticeIn(body);
    if (notice === null) throw new Problem('malformed', 'The body is not an event of Stripe.');
    const because = whyNotTaken(notice, desk);
    if (because === null) await desk.ingest([storedPartOf(notice)]);
    else log.info({ event: 'notice-ignored', because, kind: notice.type }, 'Ignored an event of Stripe');
    return reply(200, { received: true });
  },
});

/** null: the event is stored. */
function whyNotTaken({ account, livemode, type }: Notice, desk: PaymentsDesk): string | null {
  if (account !== null) return 'connected-account';
  if (livemode !== desk.livemode) return 'other-mode';
  return takenTypes.has(type) ? null : 'other-type';
}

function storedPartOf({ id, form, type, objectId, livemode, createdAt }: Notice): NewNotice {
  return { id, form, type, objectId, livemode, createdAt };
}

export const stripeRoutes = [receive];
