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

type Test = (tags: readonly string[]) => boolean;

/**
 * The predicate of a selector, over a machine's tags: `k`, `!k`, `k=v`, `k==v` and `k!=v`, joined by commas; null for
 * any other text.
 */
export function selectorIn(text: string): Test | null {
  const tests = text.split(',').map(oneTest);
  if (tests.some((test) => test === null)) return null;
  return (tags) => tests.every((test) => test?.(tags));
}

/** A tag that every machine of the selector has; null: it demands no value of a label. */
export function tagWantedBy(selector: string): string | null {
  const equal = selector.split(',').find((test) => /^[^!=]+==?[^=]+$/.test(test));
  return equal?.replace('==', '=') ?? null;
}

function oneTest(text: string): Test | null {
  const [, not, name = '', operator, wanted = ''] = /^(!?)([^=!,\s]+)(?:(==?|!=)([^=!,\s]*))?$/.exec(text) ?? [];
  if (!key.test(name) || !value.test(wanted) || (not && operator)) return null;
  if (operator === undefined) return (tags) => (valueIn(tags, name) !== undefined) === (not === '');
  return (tags) => (valueIn(tags, name) === wanted) === (operator !== '!=');
}

function valueIn(tags: readonly string[], name: string): string | undefined {
  const tag = tags.findLast((one) => one === name || one.startsWith(`${name}=`));
  return tag === undefined ? undefined : (tag.split('=')[1] ?? '');
}
