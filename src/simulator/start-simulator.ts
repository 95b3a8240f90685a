import express, { type ErrorRequestHandler, type Express } from 'express';
import { CallLog } from './call-log.ts';
import { systemClock } from './clock.ts';
import type { Cloud } from './cloud.ts';
import { cloudflareDialect } from './cloudflare/cloudflare-dialect.ts';
import { controlRouter } from './control-router.ts';
import { dataFile, noDataFile } from './data-file.ts';
import type { Dialect } from './dialect.ts';
import { dialectRouter } from './dialect-router.ts';
import { digitaloceanDialect } from './digitalocean/digitalocean-dialect.ts';
import { Faults } from './faults.ts';
import { hetznerDialect } from './hetzner/hetzner-dialect.ts';
import { MachineStore } from './machine-store.ts';
import type { SimulatorOptions } from './options.ts';
import { page } from './page.ts';
import type { Pipeline } from './pipeline.ts';
import { openPorts } from './ports.ts';
import { createResponder, type Responder } from './vpn/responder.ts';
import { vultrDialect } from './vultr/vultr-dialect.ts';
import { Workload } from './workload.ts';

/** A running simulator. */
export interface Simulator {
  /** Where its page is. */
  readonly url: string;
  /** The base address for the Vultr driver, with the version. */
  readonly vultrUrl: string;
  /** For the DigitalOcean driver, with the version. */
  readonly digitaloceanUrl: string;
  /** For the Hetzner driver, with the version. */
  readonly hetznerUrl: string;
  /** For the DNS driver, with the version. */
  readonly cloudflareUrl: string;
  readonly controlUrl: string;
  readonly port: number;
  /** Stops at once; open calls are cut. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Starts a simulated cloud in this process. Rejects with a PortError or a DataFileError. The port is taken before the
 * data file is touched, so that a second start beside a running one changes nothing.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const parts = Promise.withResolvers<SimulatorParts>();
  const { port, socket, close } = await openPorts(options, async (request, response) =>
    (await parts.promise).app(request, response),
  );
  try {
    parts.resolve(await simulatorParts(options));
  } catch (error) {
    await close();
    throw error;
  }
  socket.on('message', async (packet, from) => {
    const answer = (await parts.promise).respond(packet);
    if (answer) socket.send(answer, from.port, from.address);
  });
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  const clouds = { vultrUrl: `${url}/v2`, digitaloceanUrl: `${url}/digitalocean/v2`, hetznerUrl: `${url}/hetzner/v1` };
  const cloudflareUrl = `${url}/cloudflare/client/v4`;
  return { url, ...clouds, cloudflareUrl, controlUrl: `${url}/_sim`, port, close };
}

interface SimulatorParts {
  readonly app: Express;
  readonly respond: Responder;
}

async function simulatorParts(options: SimulatorOptions): Promise<SimulatorParts> {
  const clock = options.clock ?? systemClock;
  const file = options.dataFile === null ? noDataFile : dataFile(options.dataFile);
  const machines = await MachineStore.open({ file, behaviour: options, clock, random: options.random ?? Math.random });
  const calls = new CallLog(clock);
  const pipeline: Pipeline = {
    clock,
    calls,
    faults: new Faults(options.random),
    workload: new Workload(machines, clock),
  };
  const cloud: Cloud = { machines, behaviour: options, clock };
  const dialects = [vultrDialect(cloud), digitaloceanDialect(cloud), hetznerDialect(cloud), cloudflareDialect(cloud)];
  return { app: routed(pipeline, machines, dialects, options), respond: createResponder(cloud) };
}

function routed(
  pipeline: Pipeline,
  machines: MachineStore,
  dialects: readonly Dialect[],
  { onCall }: SimulatorOptions,
): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '1mb' }));
  app.get('/', (_request, response) => {
    const facts = {
      machines: machines.all(),
      records: machines.records.all(),
      calls: pipeline.calls.since(0),
      faults: pipeline.faults.all(),
    };
    response.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(page({ now: pipeline.clock.now(), ...facts }));
  });
  app.get('/livez', (_request, response) => void response.json({ status: 'ok' }));
  app.use('/_sim', controlRouter(pipeline, machines));
  for (const dialect of dialects) {
    app.use(dialect.basePath, dialectRouter(pipeline, dialect, onCall ?? (() => undefined)), failed(dialect));
  }
  app.use(failed(null));
  return app;
}

/** Answers what never reached a route, such as a body that is not JSON, in the words of whom it was sent to. */
function failed(dialect: Dialect | null): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    response.status(status).json(dialect === null ? { error: message } : dialect.refuse(status, message).body);
  };
}
