import { z } from 'zod';
import { webAddressFault } from './urls.ts';

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
  /** Says what is wrong with a text, without any part of it, since it may hold a secret; null: nothing is. */
  readonly faultIn: ((text: string) => string | null) | null;
  readonly about: string;
  readonly processes: readonly ProcessName[];
  /** If true, the value never appears in a message. */
  readonly secret: boolean;
}

interface Description {
  readonly fallback?: string;
  readonly mustBe: string;
  readonly faultIn?: (text: string) => string | null;
  readonly about: string;
  readonly processes?: readonly ProcessName[];
  readonly secret?: true;
}

/** Defaults: every service reads the variable, it is no secret, has no fallback, and only the schema checks it. */
export function variable<T>(schema: z.ZodType<T>, description: Description): Variable<T> {
  return { schema, fallback: null, faultIn: null, processes: services, secret: false, ...description };
}

/** A whole number between the two bounds, both included. */
export function wholeNumber(from: number, to: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(from).max(to));
}

/** `yes` or `no`. */
export const yesOrNo: z.ZodType<boolean> = z.enum(['yes', 'no']).transform((answer) => answer === 'yes');

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longestDurationMs = 366 * 86_400_000;

/** A duration such as `7d`, `48h`, `30m` or `5s`, in ms. */
export const duration: z.ZodType<number> = z
  .string()
  .regex(/^\d{1,8}[smhd]$/)
  .transform((text) => Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? 0))
  .pipe(z.number().max(longestDurationMs));

type AddressDescription = Pick<Description, 'fallback' | 'about' | 'processes'>;

/** The address of an HTTP API. */
export function webAddressVariable(description: AddressDescription): Variable<string> {
  return variable(z.string(), { mustBe: 'an http address', faultIn: webAddressFault, ...description });
}

type PortDescription = Pick<Description, 'fallback' | 'about' | 'processes'>;

export function portVariable(description: PortDescription): Variable<number> {
  const mustBe = 'a port: a whole number from 0 (any free one) to 65535';
  return variable(wholeNumber(0, 65_535), { mustBe, ...description });
}
