import type { Scenario } from './scenario.ts';
import { accept } from './scenarios/accept.ts';
import { burst } from './scenarios/burst.ts';
import { drain, e2e } from './scenarios/drain.ts';
import { pickup } from './scenarios/pickup.ts';
import { ready } from './scenarios/ready.ts';
import { rush } from './scenarios/rush.ts';
import { scale } from './scenarios/scale.ts';
import { simulator } from './scenarios/simulator.ts';
import { slowDisk } from './scenarios/slow-disk.ts';
import { soak } from './scenarios/soak.ts';
import { structure } from './scenarios/structure.ts';
import { vpn } from './scenarios/vpn.ts';
import { workers } from './scenarios/workers.ts';

/** In the order of a run. */
export const scenarios: readonly Scenario[] = [
  accept,
  rush,
  drain,
  e2e,
  burst,
  pickup,
  ready,
  vpn,
  simulator,
  scale,
  slowDisk,
  workers,
  soak,
  structure,
];
