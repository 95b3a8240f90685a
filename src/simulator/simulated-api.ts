import type { Cloud } from './cloud.ts';
import type { Dialect } from './dialect.ts';

/** A provider's API that the simulator serves; `dialects.ts` lists them under their names. */
export interface SimulatedApi {
  /** Its name on the simulator's page. */
  readonly title: string;
  /** With the version, as in `/v2`. */
  readonly basePath: string;
  readonly serves: 'machines' | 'dns' | 'payments';
  open(cloud: Cloud): Dialect;
}
