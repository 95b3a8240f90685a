import type { ProviderFault } from '#queues/ports/provider.ts';

/** What the codes mean where the status alone would mislead: Cloudflare answers a key of the wrong shape with 400. */
const meanings: Readonly<Record<string, ProviderFault>> = {
  ...{ 6003: 'not-allowed', 6111: 'not-allowed', 9109: 'not-allowed', 10000: 'not-allowed' },
  ...{ 971: 'rate-limited', 10100: 'rate-limited' },
};

/** By the first code of "code: message"; null: one that we do not know, and the status decides. */
export function meaningOf(message: string): ProviderFault | null {
  const code = codesIn(message)[0] ?? '';
  return Object.hasOwn(meanings, code) ? (meanings[code] ?? null) : null;
}

/** The record is there already, by another run: what matters is what a list shows then. */
export function saysIdentical(message: string | null): boolean {
  return hasCode(message, ['81057', '81058']);
}

/** The record is gone; not so a 404 of something that stands in between. */
export function saysAbsent(_status: number, message: string | null): boolean {
  return hasCode(message, ['81044']);
}

/** There is no such zone (any more). */
export function saysNoZone(message: string | null): boolean {
  return hasCode(message, ['7003']);
}

/** What a person has to know beyond the words; the empty text: nothing. */
export function adviceOn(message: string | null): string {
  if (!hasCode(message, ['81045'])) return '';
  return ' The zone is full, and each server uses two records (A and AAAA): have its limit raised (200 on a free plan, 3500 on a paid one), or remove records.';
}

function hasCode(message: string | null, codes: readonly string[]): boolean {
  return message !== null && codesIn(message).some((code) => codes.includes(code));
}

function codesIn(message: string): string[] {
  return [...message.matchAll(/(?:^|; )(\d+)(?=: )/g)].map(([, code]) => code ?? '');
}
