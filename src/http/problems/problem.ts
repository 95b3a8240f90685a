/** Every kind of trouble that the API tells of; a client may rely on its `type`, status and meaning. */
export const problemKinds = {
  malformed: { status: 400, title: 'The request cannot be read' },
  'invalid-parameters': { status: 400, title: 'A part of the address or a header is not valid' },
  unauthorized: { status: 401, title: 'A token is needed' },
  forbidden: { status: 403, title: 'This token may not do that' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This address does not know the method' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'not-allowed-now': { status: 409, title: 'The present state does not allow it' },
  gone: { status: 410, title: 'It is gone for good' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'invalid-body': { status: 422, title: 'The body is not valid' },
  'not-offered': { status: 422, title: 'That cannot be bought' },
  'key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something went wrong here' },
  'database-busy': { status: 503, title: 'The database is busy' },
  'sale-closed': { status: 503, title: 'Nothing is sold at the moment' },
  'not-ready': { status: 503, title: 'Not ready yet' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemKind = keyof typeof problemKinds;

interface ProblemOptions {
  /** Further members of the problem document, such as `allowed` or `errors`. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that is not answered as asked. Its message is the document's `detail`, and reads well to a stranger. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: ProblemKind, detail: string, { members = {}, headers = {}, cause }: ProblemOptions = {}) {
    super(detail, { cause });
    this.kind = kind;
    this.members = members;
    this.headers = headers;
  }

  get status(): number {
    return problemKinds[this.kind].status;
  }

  /** The document of RFC 9457. */
  document(instance: string, requestId: string): Record<string, unknown> {
    const { status, title } = problemKinds[this.kind];
    return { type: problemType(this.kind), title, status, detail: this.message, instance, requestId, ...this.members };
  }
}

export function problemType(kind: ProblemKind): string {
  return `urn:ghostifi:problem:${kind}`;
}

export function retryAfter(seconds: number): Record<string, string> {
  return { 'Retry-After': String(seconds) };
}
