import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import { type Log, type LogFields, logFieldNames } from '#queues/ports/log.ts';
import { withoutSecrets } from './keys/secret.ts';

/** A logger of a process. It has no children and no fields of its own, so every line passes `knownFields`. */
export interface Logger extends Log {
  debug(fields: LogFields, message: string): void;
  trace(fields: LogFields, message: string): void;
  isLevelEnabled(level: string): boolean;
}

export interface LogOptions {
  /** The name of this process: `api`, `worker` or `simulator`. */
  readonly process: string;
  readonly level: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * A logger that writes one JSON object per line, with ISO times and level names. It writes only the fields of
 * LogFields, so that no line has to be searched for secrets: pino's `redact` took 90 µs a line.
 */
export function createLog({ process: name, level, destination }: LogOptions): Logger {
  const options = {
    level,
    base: { process: name, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: knownFields },
    // pino's own serializer would add the error's other properties.
    serializers: { err: (described: unknown) => described },
  };
  return destination ? pino(options, destination) : pino(options);
}

type Members = Record<string, unknown>;
type Describe = (value: object) => Members;

/** The errors and objects that a line may have, and what is written of each. */
const described = new Map<string, Describe>([
  ['err', describeError],
  ['req', describeRequest],
  ['res', membersOf('statusCode')],
  ['end', membersOf('kind', 'result', 'error', 'reason', 'until')],
  ['alert', describeAlert],
  ['call', singleValues],
  ['apiUrls', singleValues],
] satisfies [keyof LogFields, Describe][]);
const single: ReadonlySet<string> = new Set(logFieldNames);

function knownFields(fields: Members): Members {
  const written: Members = {};
  for (const [name, value] of Object.entries(fields)) {
    if (isSingle(value)) {
      if (single.has(name)) written[name] = value;
    } else written[name] = described.get(name)?.(value);
  }
  return written;
}

/** A date is written as text. */
function isSingle(value: unknown): value is string | number | boolean | Date | null | undefined {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null || value instanceof Date;
}

function membersOf(...names: readonly string[]): Describe {
  return (value) => {
    const members: Members = {};
    for (const name of names) {
      const member: unknown = Reflect.get(value, name);
      if (isSingle(member)) members[name] = member;
    }
    return members;
  };
}

function singleValues(value: object): Members {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => isSingle(member)));
}

const requestMembers = membersOf('method', 'url');

/** A path below this one has the token of a link to a customer's page. */
const tokenInPath = /(\/s\/)[^/?]+/gi;

/** Without what a caller should have put into a header: the query, and a key. And without the token of a link. */
function describeRequest(request: object): Members {
  const { method, url } = requestMembers(request);
  const [path = ''] = String(url).split('?', 1);
  return { method, url: withoutSecrets(path.replaceAll(tokenInPath, '$1…')) };
}

const alertMembers = membersOf(
  ...[
    'id',
    'kind',
    'severity',
    'subject',
    'message',
    'nextStep',
    'runbook',
    'serverId',
    'jobId',
    'reference',
    'raisedAt',
  ],
);

function describeAlert(alert: object): Members {
  const detail: unknown = Reflect.get(alert, 'detail');
  return { ...alertMembers(alert), detail: isSingle(detail) ? detail : singleValues(detail) };
}

const maxCauses = 5;

/**
 * An error, with its causes as far as they are errors. Its other properties may hold secrets: a client's error has the
 * request with its headers, and Redis's has the command with the password.
 */
function describeError(error: object): Members {
  return errorMembers(error, maxCauses) ?? {};
}

function errorMembers(error: unknown, causesLeft: number): Members | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message, stack } = error;
  const code = 'code' in error && isSingle(error.code) ? error.code : undefined;
  const cause = causesLeft > 0 ? errorMembers(error.cause, causesLeft - 1) : undefined;
  return { type: error.constructor.name, message, code, stack, cause };
}
