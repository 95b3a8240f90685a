/** Every kind of problem that the API reports. Clients may rely on the type, the status and the meaning. */
export const problemKinds = {
  malformed: { status: 400, title: 'Malformed request' },
  'invalid-parameters': { status: 400, title: 'Invalid parameters' },
  'signature-invalid': { status: 400, title: 'Signature not valid' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request-timeout': { status: 408, title: 'Request timeout' },
  'not-allowed-now': { status: 409, title: 'Not allowed in the current state' },
  'device-not-ready': { status: 409, title: 'Device not ready' },
  'name-taken': { status: 409, title: 'Name already taken' },
  gone: { status: 410, title: 'Gone' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'invalid-body': { status: 422, title: 'Invalid body' },
  'address-refused': { status: 422, title: 'Address refused' },
  'not-offered': { status: 422, title: 'Location or plan not available' },
  'key-reused': { status: 422, title: 'Idempotency-Key already used' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'Headers too large' },
  internal: { status: 500, title: 'Internal server error' },
  'database-busy': { status: 503, title: 'Database busy' },
  'disk-full': { status: 503, title: 'Disk full' },
  'keys-unavailable': { status: 503, title: 'VPN keys unavailable' },
  'sale-closed': { status: 503, title: 'Sale closed' },
  'payments-unavailable': { status: 503, title: 'Payments unavailable' },
  'not-ready': { status: 503, title: 'Not ready' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemKind = keyof typeof problemKinds;

interface ProblemOptions {
  /** Further members of the problem document, such as `allowed` or `errors`. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * The error that is answered as a problem document. Its message becomes the document's `detail`, which says what
 * happened, to which thing, and what to do. Clients see it, so it holds no internals.
 */
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

  /** The problem document as RFC 9457 defines it. */
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
