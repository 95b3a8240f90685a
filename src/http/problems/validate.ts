import type { z } from 'zod';
import { Problem } from './problem.ts';
import { type Part, subject, unknownFieldMessage, validationMessage } from './validation-messages.ts';

interface FieldError {
  readonly in: Part;
  /** JSON Pointer (RFC 6901) to the field; empty for the whole part. */
  readonly pointer: string;
  /** Completes the sentence that begins with the field: "must be …", "is …". */
  readonly detail: string;
}

const maxErrors = 20;
const maxPointerLength = 100;

/**
 * Makes the function that parses one part of a request by its schema. It throws a Problem that lists up to 20 errors, at
 * most one per field.
 */
export function validator<S extends z.ZodObject>(schema: S, part: Part): (value: unknown) => z.output<S> {
  const options = { error: validationMessage(part) };
  return (value) => {
    const result = schema.safeParse(value, options);
    if (result.success) return result.data;
    throw problemOfIssues(part, result.error.issues, Object.keys(schema.shape));
  };
}

function problemOfIssues(part: Part, issues: readonly z.core.$ZodIssue[], accepted: readonly string[]): Problem {
  const all = issues.flatMap((issue) => fieldErrorsOf(part, issue, accepted));
  const errors = firstPerField(all).slice(0, maxErrors);
  const kind = part === 'body' ? 'invalid-body' : 'invalid-parameters';
  return new Problem(kind, summary(part, errors), { members: { errors } });
}

function firstPerField(errors: readonly FieldError[]): FieldError[] {
  return errors.filter(({ pointer }, at) => errors.findIndex((other) => other.pointer === pointer) === at);
}

function fieldErrorsOf(part: Part, issue: z.core.$ZodIssue, accepted: readonly string[]): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fieldError(part, [...issue.path, key], unknownFieldMessage(part, accepted)));
  }
  return [fieldError(part, issue.path, issue.message)];
}

function fieldError(part: Part, path: readonly PropertyKey[], detail: string): FieldError {
  const pointer = path
    .map((key) => `/${String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  return { in: part, pointer: pointer.slice(0, maxPointerLength), detail };
}

function summary(part: Part, errors: readonly FieldError[]): string {
  const [first] = errors;
  if (!first) return `The ${part} is not valid.`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: see errors)` : '';
  return `${subject(part, first.pointer)} ${first.detail}${more}.`;
}
