import { accessVariables } from './variables/access.ts';
import { variablesOfCloud } from './variables/cloud.ts';
import { dnsVariables } from './variables/dns.ts';
import { keptVariables } from './variables/kept.ts';
import { outgoingVariables } from './variables/outgoing.ts';
import { processVariables } from './variables/process.ts';
import { secretsKeyVariables } from './variables/secrets-key.ts';
import { serverVariables } from './variables/servers.ts';
import { stripeVariables } from './variables/stripe.ts';
import type { Variable } from './variables/variable.ts';
import { webhookVariables } from './variables/webhooks.ts';

/** Every variable that the processes read, in the order of the documentation. They read no other variable. */
export const variables = {
  ...processVariables,
  ...variablesOfCloud,
  ...dnsVariables,
  ...outgoingVariables,
  ...serverVariables,
  ...keptVariables,
  ...accessVariables,
  ...secretsKeyVariables,
  ...stripeVariables,
  ...webhookVariables,
} as const;

export type VariableName = keyof typeof variables;
type Parsed<V> = V extends Variable<infer T> ? T : never;
/** The parsed variables. null: the variable is not set and has no fallback, or this process does not read it. */
export type Values = { [Name in VariableName]: Parsed<(typeof variables)[Name]> | null };
