import type { ProviderFault } from '#queues/ports/provider.ts';

/** Faults by error code, for codes whose status would mislead: Cloudflare returns 400 for a malformed key. */
const meanings: Readonly<Record<string, ProviderFault>> = {
  6003: 'not-allowed',
  6111: 'not-allowed',
  9109: 'not-allowed',
  10000: 'not-allowed',
  971: 'rate-limited',
  10100: 'rate-limited',
};

/** The fault by the first code of "code: message"; null: the code is unknown, and the status decides. */
export function meaningOf(message: string): ProviderFault | null {
  const code = codesIn(message)[0] ?? '';
  return Object.hasOwn(meanings, code) ? (meanings[code] ?? null) : null;
}

/** Whether the record exists already, for example from another run. */
export function isDuplicate(message: string | null): boolean {
  return hasCode(message, ['81057', '81058']);
}

/** Whether the record does not exist. The status is not enough, since a proxy may return 404 too. */
export function isNotFound(_status: number, message: string | null): boolean {
  return hasCode(message, ['81044']);
}

/** Whether the zone does not exist. */
export function isZoneMissing(message: string | null): boolean {
  return hasCode(message, ['7003']);
}

/** Advice to append to the error message; an empty text if there is none. */
export function adviceOn(message: string | null): string {
  if (!hasCode(message, ['81045'])) return '';
  return ' The zone is full: have its limit raised (200 records on a free plan, 3500 on a paid one), or remove records. Each server uses two (A and AAAA).';
}

function hasCode(message: string | null, codes: readonly string[]): boolean {
  return message !== null && codesIn(message).some((code) => codes.includes(code));
}

function codesIn(message: string): string[] {
  return [...message.matchAll(/(?:^|; )(\d+)(?=: )/g)].map(([, code]) => code ?? '');
}
