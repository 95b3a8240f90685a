import { jobActions } from './jobs/actions.ts';
import { keyActions } from './keys/actions.ts';
import { machineActions } from './machines/actions.ts';
import type { Action } from './page.ts';
import { scheduleActions } from './schedules/actions.ts';
import { serverActions } from './servers/actions.ts';
import { linkActions } from './servers/link-actions.ts';
import { subscriptionActions } from './subscriptions/actions.ts';
import { switchActions } from './switches/actions.ts';
import { webhookActions } from './webhooks/actions.ts';

/** Everything that the forms of the console send. */
export const actions: readonly Action[] = [
  ...switchActions,
  ...jobActions,
  ...serverActions,
  ...linkActions,
  ...machineActions,
  ...subscriptionActions,
  ...keyActions,
  ...scheduleActions,
  ...webhookActions,
];
