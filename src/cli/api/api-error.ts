import { stripVTControlCharacters } from 'node:util';
import { CliError } from '#src/cli/cli-error.ts';
import type { ExitName } from '#src/cli/exit-codes.ts';

/** The API has answered with a problem document (RFC 9457). */
export class ApiError extends CliError {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The document as it came. */
  readonly document: string;

  constructor(exit: ExitName, message: string, { status, document }: { status: number; document: string }) {
    super(exit, message);
    this.status = status;
    this.document = document;
  }
}

/** The error for an answer that is not a success. `call` names the call, such as `GET /v1/servers`. */
export function errorOfAnswer(call: string, { status, text }: { status: number; text: string }): CliError {
  const problem = problemIn(text);
  if (problem) return new ApiError(exitOf(status, problem.kind), lineOf(problem), { status, document: text.trim() });
  return new CliError(
    exitOf(status, ''),
    `${call} was answered ${status}, and not by the API of GhostiFi. Check the address and the proxies before it.`,
  );
}

interface ShownProblem {
  readonly kind: string;
  readonly detail: string;
  readonly requestId: string | null;
}

function problemIn(text: string): ShownProblem | null {
  const document = parsed(text);
  if (typeof document !== 'object' || document === null) return null;
  const { type, detail, requestId } = document as Record<string, unknown>;
  if (typeof type !== 'string' || typeof detail !== 'string') return null;
  return {
    kind: type.split(':').at(-1) ?? type,
    detail,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `detail` says what happened and what to do. The request's id leads to the log of the API. */
function lineOf({ kind, detail, requestId }: ShownProblem): string {
  const text = stripVTControlCharacters(detail).replaceAll(/\s+/g, ' ');
  return `${text} [${[kind, requestId && `request ${requestId}`].filter(Boolean).join(', ')}]`;
}

/** Kinds of problems that mean something else than their status. */
const exitOfKind: Readonly<Record<string, ExitName>> = {
  'key-reused': 'conflict',
  'not-offered': 'failed',
  'address-refused': 'failed',
};

const exitOfStatus: Readonly<Record<number, ExitName>> = {
  400: 'usage',
  401: 'notAllowed',
  403: 'notAllowed',
  404: 'notFound',
  408: 'unavailable',
  409: 'conflict',
  410: 'notFound',
  413: 'usage',
  422: 'usage',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

function exitOf(status: number, kind: string): ExitName {
  return exitOfKind[kind] ?? exitOfStatus[status] ?? 'failed';
}
