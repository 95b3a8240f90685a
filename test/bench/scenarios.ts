import type { Scenario } from './scenario.ts';
import { accept } from './scenarios/accept.ts';
import { burst } from './scenarios/burst.ts';
import { drain, e2e } from './scenarios/drain.ts';

/** In the order of a run. */
export const scenarios: readonly Scenario[] = [accept, drain, e2e, burst];
