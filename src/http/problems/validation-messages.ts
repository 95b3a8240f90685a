import type { z } from 'zod';

export type Part = 'path' | 'query' | 'header' | 'body';

type Issue = z.core.$ZodRawIssue;

/** The default message for a schema without its own. It completes the sentence "The field "x" …". */
export function validationMessage(part: Part): (issue: Issue) => string {
  return (issue) => {
    if (issue.code === 'invalid_type' && isWhole(issue)) return `must be a JSON object, not ${kindOf(issue.input)}`;
    if (issue.input === undefined) return 'is required';
    if (part === 'query' && Array.isArray(issue.input)) return 'must be given once';
    return valueMessage(issue);
  };
}

/** The message for a field that is not in the schema; `accepted` are the names in the schema. */
export function unknownFieldMessage(part: Part, accepted: readonly string[]): string {
  const fields = part === 'query' ? 'query parameters' : 'fields';
  if (accepted.length === 0) return `is unknown: this request accepts no ${fields}`;
  return `is unknown: this request accepts the ${fields} ${accepted.join(', ')}`;
}

/** The subject of the sentence. The name is quoted, since the caller may have sent any text. */
export function subject(part: Part, pointer: string): string {
  if (pointer === '') return `The ${part}`;
  const kind = { path: 'path parameter', query: 'query parameter', header: 'header', body: 'field' }[part];
  return `The ${kind} ${JSON.stringify(pointer.slice(1))}`;
}

function isWhole({ path }: Issue): boolean {
  return path === undefined || path.length === 0;
}

function valueMessage(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} characters`;
    case 'too_big':
      return `must have at most ${issue.maximum} characters`;
    default:
      return 'is not valid';
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return withArticle(Array.isArray(value) ? 'array' : typeof value);
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
