import { type MachineSpec, type Owner, type Provider, ProviderError } from '#queues/ports/provider.ts';
import type { SimulatorOptions } from '#src/simulator/options.ts';
import type { Simulator } from '#src/simulator/start-simulator.ts';
import { type ManualClock, manualClock } from '../../simulator/manual-clock.ts';
import { type Raw, rawClient } from '../../simulator/raw-client.ts';
import { type RunningSimulator, runSimulator } from '../../simulator/running-simulator.ts';

export interface DriverSettings {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly deadlineMs?: number;
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
}

/** A driver, with the facts that the suite needs to test it like every driver. */
export interface DriverUnderTest {
  readonly name: string;
  open(settings: DriverSettings): Provider;
  /** The address of its API at the simulator, as in the driver's configuration. */
  apiUrl(simulator: Simulator): string;
  /** The official document in ../shared/contracts. */
  readonly document: string;
  /** The end of `apiUrl` that is part of each path in the document, such as /v2. */
  readonly documentPrefix: string;
  /** An available location and plan. */
  readonly location: string;
  readonly plan: string;
  /** The path for listing and ordering machines. `strangersOrder` is another owner's order. */
  readonly path: string;
  strangersOrder(name: string): object;
  /** The largest number of machines on a page. */
  readonly perPage: number;
  /** Whether the provider refuses a name that is taken. */
  readonly uniqueNames: boolean;
  /** The calls, by their operations, that remove the user data and confirm a machine that has answered. */
  readonly callsOnceReady: readonly string[];
  /** An id in the provider's form that belongs to no machine. */
  readonly unknownId: string;
  /** Makes the scene's simulator another account. */
  changeAccount(scene: Scene): Promise<void>;
}

export const never = new AbortController().signal;
export const owner: Owner = { installation: 'test', serverId: 'srv-1' };

/** A driver with its own simulated cloud, whose clock the test controls. */
export interface Scene {
  readonly simulator: RunningSimulator;
  readonly clock: ManualClock;
  readonly driver: Provider;
  readonly raw: Raw;
  readonly spec: MachineSpec;
  open(settings?: Partial<DriverSettings>): Provider;
  /** Moves the clock forward by the driver's `listLagMs`. */
  settle(): void;
}

export async function setUp(under: DriverUnderTest, options: Partial<SimulatorOptions> = {}): Promise<Scene> {
  const clock = manualClock();
  const simulator = await runSimulator({ clock, ...options });
  const apiUrl = under.apiUrl(simulator);
  const now = () => new Date(clock.now());
  const open = (settings: Partial<DriverSettings> = {}) =>
    under.open({ apiUrl, apiKey: 'simulator', deadlineMs: 5000, now, ...settings });
  const driver = open();
  const spec = { name: 'gf-srv-1-1', owner, location: under.location, plan: under.plan, userData: null };
  const settle = () => clock.advance(driver.listLagMs);
  return { simulator, clock, driver, raw: rawClient(apiUrl), spec, open, settle };
}

/** Orders so many machines for one server, 50 at a time. */
export async function fill({ driver, spec }: Scene, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `gf-srv-1-${1000 + index}`);
  while (names.length > 0)
    await Promise.all(names.splice(0, 50).map((name) => driver.create({ ...spec, name }, never)));
}

/** The fault of the call's error, or a text that describes any other result. */
export async function faultOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    (value) => `no error but ${JSON.stringify(value)}`,
    (reason: unknown) => reason,
  );
  return error instanceof ProviderError ? error.fault : String(error);
}
