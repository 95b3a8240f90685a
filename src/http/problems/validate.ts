import type { z } from 'zod';
import { Problem } from './problem.ts';
import { type Part, subject, unknownFieldMessage, validationMessage } from './validation-messages.ts';

interface Fault {
  readonly in: Part;
  /** JSON Pointer (RFC 6901) to what is wrong. */
  readonly pointer: string;
  /** Ends a sentence that begins with what is wrong: "must be …", "is …". */
  readonly detail: string;
}

const mostFaults = 20;
const mostPointer = 100;

/** The part of a request as its schema reads it. Throws the Problem that lists every fault of it. */
export function validate<S extends z.ZodObject>(schema: S, part: Part, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { error: validationMessage(part) });
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const all = result.error.issues.flatMap((issue) => faultsOf(part, issue, known));
  const faults = firstOfEach(all).slice(0, mostFaults);
  const kind = part === 'body' ? 'invalid-body' : 'invalid-parameters';
  throw new Problem(kind, summary(part, faults), { members: { errors: faults } });
}

/** One fault of a field is enough to look at it. */
function firstOfEach(faults: readonly Fault[]): Fault[] {
  return faults.filter(({ pointer }, at) => faults.findIndex((other) => other.pointer === pointer) === at);
}

function faultsOf(part: Part, issue: z.core.$ZodIssue, known: readonly string[]): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault(part, [...issue.path, key], unknownFieldMessage(part, known)));
  }
  return [fault(part, issue.path, issue.message)];
}

function fault(part: Part, path: readonly PropertyKey[], detail: string): Fault {
  const pointer = path
    .map((key) => `/${String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  return { in: part, pointer: pointer.slice(0, mostPointer), detail };
}

function summary(part: Part, faults: readonly Fault[]): string {
  const [first] = faults;
  if (!first) return `The ${part} is not valid.`;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: see errors)` : '';
  return `${subject(part, first.pointer)} ${first.detail}${more}.`;
}
