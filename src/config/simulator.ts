import { type SimulatorOptions, SimulatorSettingsError, simulatorOptions } from '#src/simulator/options.ts';
import type { Environment } from './environment.ts';
import { assertNoFaults, ConfigError, given, readNamed } from './read.ts';

/** Reads SIMULATOR_* and LOG_LEVEL. Throws ConfigError with every fault at once. */
export function simulatorConfig(env: Environment = process.env): SimulatorOptions & { readonly logLevel: string } {
  const { values, faults } = readNamed(env, ['LOG_LEVEL']);
  try {
    const options = simulatorOptions(env);
    assertNoFaults(faults);
    return { ...options, logLevel: given(values, 'LOG_LEVEL') };
  } catch (error) {
    if (error instanceof SimulatorSettingsError) throw new ConfigError([...faults, ...error.faults]);
    throw error;
  }
}
