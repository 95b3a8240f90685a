import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Environment } from '#src/config/environment.ts';

/** The surroundings of a command: its variables, its folder, and its three streams. */
export interface Terminal {
  readonly env: Environment;
  readonly cwd: string;
  readonly input: Readable & Partial<Pick<ReadStream, 'isTTY'>>;
  /** For the result, which a program may read. */
  readonly out: Out;
  /** For people: questions, progress, errors. */
  readonly err: Out;
  /** Aborts at Ctrl-C. */
  readonly stop: AbortSignal;
}

export type Out = Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** The terminal of this process. A reader of the output that ends early, such as `head`, ends the process quietly. */
export function processTerminal(): Terminal {
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
  return {
    env: process.env,
    cwd: process.cwd(),
    input: process.stdin,
    out: process.stdout,
    err: process.stderr,
    stop: stopping.signal,
  };
}

/** Whether people read this stream in colours: a terminal, and no NO_COLOR. */
export function hasColours({ env }: Pick<Terminal, 'env'>, out: Out): boolean {
  return out.isTTY === true && (out.hasColors?.(16, env) ?? false);
}

/** Whether a person is there to answer a question. */
export function canAsk({ input, err }: Pick<Terminal, 'input' | 'err'>): boolean {
  return input.isTTY === true && err.isTTY === true;
}
