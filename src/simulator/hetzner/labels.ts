import { z } from 'zod';

const word = '[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?';
const key = new RegExp(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?${word}$`);
const value = new RegExp(`^(${word})?$`);

/** Labels by the grammar of the API document; the prefix hetzner.cloud/ is reserved. */
export const labelsSchema = z
  .record(z.string().regex(key), z.string().regex(value))
  .refine((labels) => Object.keys(labels).every((name) => !name.startsWith('hetzner.cloud/')));

export type Labels = Readonly<Record<string, string>>;

/** A machine stores its labels as tags, `key=value`. */
export function tagsOf(labels: Labels): string[] {
  return Object.entries(labels).map(([name, text]) => `${name}=${text}`);
}

export function labelsOf(tags: readonly string[]): Labels {
  return Object.fromEntries(tags.map((tag) => [tag.split('=')[0] ?? '', tag.split('=')[1] ?? '']));
}

/** The predicate of a selector: `k`, `!k`, `k=v`, `k==v` and `k!=v`, joined by commas; null for any other text. */
export function selectorIn(text: string): ((labels: Labels) => boolean) | null {
  const tests = text.split(',').map(oneTest);
  if (tests.some((test) => test === null)) return null;
  return (labels) => tests.every((test) => test?.(labels));
}

function oneTest(text: string): ((labels: Labels) => boolean) | null {
  const [, not, name = '', operator, wanted = ''] = /^(!?)([^=!,\s]+)(?:(==?|!=)([^=!,\s]*))?$/.exec(text) ?? [];
  if (!key.test(name) || !value.test(wanted) || (not && operator)) return null;
  if (operator === undefined) return (labels) => name in labels === (not === '');
  return (labels) => (labels[name] === wanted) === (operator !== '!=');
}
