import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** Whatever is logged under one of these names is never written, down to four levels deep. */
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
  /** Which process speaks: `api`, `worker`, … */
  readonly process: string;
  readonly level: string;
  /** Where lines go; standard output unless told otherwise. */
  readonly destination?: DestinationStream;
}

/** A logger that writes one JSON object a line, with ISO times, levels by name, and secrets removed. */
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
