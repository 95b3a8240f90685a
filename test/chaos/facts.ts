import type { Dump } from '../db/conformance/fixture.ts';
import type { Attempt } from './attempt.ts';
import type { Promised } from './scenario.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';

/** The facts that are compared: the client's book, the database, and every machine that the cloud ever made. */
export interface Facts {
  readonly dump: Pick<Dump, 'servers' | 'machines' | 'jobs'>;
  readonly made: readonly SimulatedMachine[];
  readonly book: readonly Attempt[];
  readonly promised: Promised;
}
