import { z } from 'zod';

export const processNames = ['start', 'api', 'worker'] as const;
export type ProcessName = (typeof processNames)[number];

/** One environment variable: how its text is read, and what the documentation says of it. */
export interface Variable<T> {
  /** Reads the text of a variable that is set. */
  readonly schema: z.ZodType<T>;
  /** The text that is used if the variable is not set; null: there is none. */
  readonly fallback: string | null;
  /** Ends the sentence "NAME must be …". */
  readonly mustBe: string;
  readonly about: string;
  readonly processes: readonly ProcessName[];
  /** Its text never appears in a message. */
  readonly secret: boolean;
}

interface Description {
  readonly fallback?: string;
  readonly mustBe: string;
  readonly about: string;
  readonly processes?: readonly ProcessName[];
  readonly secret?: true;
}

export function variable<T>(schema: z.ZodType<T>, description: Description): Variable<T> {
  return { schema, fallback: null, processes: processNames, secret: false, ...description };
}

export const webAddress = z.url({ protocol: /^https?$/ });
