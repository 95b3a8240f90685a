import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** Fields with one of these names are removed, down to the fourth level. */
const secretNames = [
  'authorization',
  'cookie',
  'set-cookie',
  'token',
  'tokens',
  'secret',
  'password',
  'apiKey',
  'api_key',
  'userData',
  'user_data',
  'privateKey',
];

export interface LogOptions {
  /** The name of this process: `api`, `worker` or `simulator`. */
  readonly process: string;
  readonly level: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** A logger that writes one JSON object per line, with ISO times, level names, and without secrets. */
export function createLog({ process: name, level, destination }: LogOptions): Logger {
  const options = {
    level,
    base: { process: name, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretNames.flatMap(atEveryDepth), censor: '[removed]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

function atEveryDepth(name: string): string[] {
  return ['', '*', '*.*', '*.*.*'].map((parents) => `${parents}["${name}"]`);
}
