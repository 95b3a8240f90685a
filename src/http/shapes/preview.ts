import { z } from 'zod';

export const previewShape = z
  .object({
    would: z.object({
      summary: z.string().meta({ description: 'For people.' }),
      makes: z
        .array(
          z.object({
            location: z.string(),
            plan: z.string(),
            monthlyCost: z
              .object({ amount: z.number(), currency: z.string() })
              .nullable()
              .meta({ description: 'Without VAT, from the last catalogue; null without a known price.' }),
          }),
        )
        .meta({ description: 'The machines that the job would order.' }),
      removes: z
        .array(z.object({ name: z.string(), location: z.string(), ipv4: z.string().nullable() }))
        .meta({ description: 'The machines that would be removed; the one that a rebuild replaces, after its grace.' }),
      cancels: z.array(z.string()).meta({ description: 'The ids of the jobs that would be cancelled.' }),
      events: z
        .array(
          z.object({
            type: z.string(),
            subject: z.string().nullable(),
            detail: z.record(z.string(), z.unknown()),
          }),
        )
        .meta({ description: 'The events that would be recorded, in order; none: nothing would change.' }),
    }),
  })
  .meta({ id: 'Preview' });

export type Preview = z.output<typeof previewShape>;

export const previewQuery = {
  plan: z.enum(['true', 'false']).optional().meta({
    description:
      'true: only says what the call would do, with 200 and `would`. Every check of the call runs, and nothing is recorded. An Idempotency-Key has no effect.',
  }),
};

export const previewAnswer = 'With `plan=true`: what the call would do';
