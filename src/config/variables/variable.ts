import { z } from 'zod';

const services = ['start', 'api', 'worker'] as const;
/** The services, and the commands `npm run backup` and `npm run restore`. */
export type ProcessName = (typeof services)[number] | 'backup';

/** One environment variable: how it is parsed, and how it is documented. */
export interface Variable<T> {
  /** Parses the text of a variable that is set. */
  readonly schema: z.ZodType<T>;
  /** The text that is used if the variable is not set; null: there is none. */
  readonly fallback: string | null;
  /** Completes the sentence "NAME must be …". */
  readonly mustBe: string;
  readonly about: string;
  readonly processes: readonly ProcessName[];
  /** If true, the value never appears in a message. */
  readonly secret: boolean;
}

interface Description {
  readonly fallback?: string;
  readonly mustBe: string;
  readonly about: string;
  readonly processes?: readonly ProcessName[];
  readonly secret?: true;
}

/** Defaults: every service reads the variable, it is no secret, and it has no fallback. */
export function variable<T>(schema: z.ZodType<T>, description: Description): Variable<T> {
  return { schema, fallback: null, processes: services, secret: false, ...description };
}

/** A whole number between the two bounds, both included. */
export function wholeNumber(from: number, to: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(from).max(to));
}

export const webAddress = z.url({ protocol: /^https?$/ });

type PortDescription = Pick<Description, 'fallback' | 'about' | 'processes'>;

export function portVariable(description: PortDescription): Variable<number> {
  const mustBe = 'a port: a whole number from 0 (any free one) to 65535';
  return variable(wholeNumber(0, 65_535), { mustBe, ...description });
}
