import type { Express } from 'express';
import { createApp } from './app.ts';
import { CallLog } from './call-log.ts';
import { systemClock } from './clock.ts';
import { dataFile, noDataFile } from './data-file.ts';
import { claimDataFile } from './data-file-lock.ts';
import { type DialectName, dialects } from './dialects.ts';
import { Faults } from './faults.ts';
import { MachineStore } from './machine-store.ts';
import type { SimulatorOptions } from './options.ts';
import type { Pipeline } from './pipeline.ts';
import { openPorts } from './ports.ts';
import { Hooks, hooksSchema } from './stripe/hooks.ts';
import { createResponder, type Responder } from './vpn/responder.ts';
import { Workload } from './workload.ts';

/** A running simulator. */
export interface Simulator {
  /** The address of its page. */
  readonly url: string;
  /** The base address of one of its APIs, with the version. */
  apiUrl(name: DialectName): string;
  readonly controlUrl: string;
  readonly port: number;
  /** Stops at once and aborts open calls. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Starts a simulated cloud in this process. Rejects with a PortError or a DataFileError. It opens the port before the
 * data file, so that a second start beside a running one changes nothing.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const services = Promise.withResolvers<Services>();
  const { port, socket, close } = await openPorts(options, async (request, response) =>
    (await services.promise).app(request, response),
  );
  try {
    services.resolve(await openServices(options));
  } catch (error) {
    await close();
    throw error;
  }
  socket.on('message', async (packet, from) => {
    const answer = (await services.promise).respond(packet);
    if (answer) socket.send(answer, from.port, from.address);
  });
  const stop = async () => {
    await close();
    await (await services.promise).close();
  };
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  return { url, apiUrl: (name) => `${url}${dialects[name].basePath}`, controlUrl: `${url}/_sim`, port, close: stop };
}

interface Services {
  readonly app: Express;
  readonly respond: Responder;
  close(): Promise<void>;
}

async function openServices(options: SimulatorOptions): Promise<Services> {
  const lock = options.dataFile === null ? null : claimDataFile(options.dataFile);
  try {
    const { close, ...services } = await openMachines(options);
    return {
      ...services,
      close: async () => {
        await close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function openMachines(options: SimulatorOptions) {
  const clock = options.clock ?? systemClock;
  const file = options.dataFile === null ? noDataFile : dataFile(options.dataFile);
  const machines = await MachineStore.open({ file, behaviour: options, clock, random: options.random ?? Math.random });
  const pipeline: Pipeline = {
    clock,
    calls: new CallLog(clock),
    faults: new Faults(options.random),
    workload: new Workload(machines),
  };
  const hooks = new Hooks(machines.payments, () => clock.now());
  if (options.hook) hooks.set(hooksSchema.parse({ ...options.hook, form: 'both' }));
  const app = createApp({ pipeline, machines, behaviour: options, hooks, onCall: options.onCall });
  const close = () => {
    hooks.close();
    return machines.close();
  };
  return { app, respond: createResponder({ machines, clock }), close };
}
