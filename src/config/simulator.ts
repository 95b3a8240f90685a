import { type SimulatorOptions, simulatorOptions } from '#src/simulator/options.ts';
import type { Environment } from './environment.ts';
import { assertNoFaults, given, readNamed } from './read.ts';

/** Reads SIMULATOR_* and LOG_LEVEL. Throws SimulatorSettingsError or ConfigError. */
export function simulatorConfig(env: Environment = process.env): SimulatorOptions & { readonly logLevel: string } {
  const { values, faults } = readNamed(env, ['LOG_LEVEL']);
  assertNoFaults(faults);
  return { ...simulatorOptions(env), logLevel: given(values, 'LOG_LEVEL') };
}
