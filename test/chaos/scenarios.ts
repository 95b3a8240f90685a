import type { Scenario } from './scenario.ts';
import { killedApi } from './scenarios/kill-api.ts';
import { killedAtFsync } from './scenarios/kill-at-fsync.ts';
import { killedAtTheCloud } from './scenarios/kill-at-the-cloud.ts';
import { killedAtTheQueue } from './scenarios/kill-at-the-queue.ts';

/** Every scenario, in the order of the report. A new one is its file in scenarios/ and a line here. */
export const scenarios: readonly Scenario[] = [...killedAtTheCloud, ...killedAtTheQueue, ...killedApi, killedAtFsync];
