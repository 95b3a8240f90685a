import { type Sale, saleSetting } from '#db/settings.ts';
import type { Context, Steps } from '#db/steps.ts';
import { recordEvent } from './events.ts';
import type { Actor } from './request.ts';
import { putSetting } from './settings.ts';

/** Stops or resumes the sale. */
export function* changeSale(context: Context, sale: Sale, { requestedBy, requestId, now }: Actor): Steps<void> {
  yield* putSetting(context, saleSetting, { value: sale, now });
  const type = sale.open ? 'sale.resumed' : 'sale.stopped';
  yield* recordEvent(context, { type, actor: requestedBy, requestId, at: now, detail: {} });
}
