import { z } from 'zod';
import type { Change } from '#db/reads/switches.ts';
import { instant } from './fields.ts';

/** Who changed a switch last, why and when; a part of the state of every switch. */
export const changeFields = {
  by: z.string().nullable().meta({ description: 'The token that changed it last; null: never changed, or unknown.' }),
  reason: z.string().nullable(),
  changedAt: instant.nullable(),
};

export function showChange(change: Change | null) {
  return {
    by: change?.by ?? null,
    reason: change?.reason ?? null,
    changedAt: change?.at?.toISOString() ?? null,
  };
}
