import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runCli } from '#src/cli/run.ts';
import type { Terminal } from '#src/cli/terminal.ts';

/** How a command ended, and what it has printed. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The text that comes in. Default: none. */
  readonly input?: string;
  /** Whether the three streams are a terminal. Default: they are not. */
  readonly isTerminal?: true;
  /** Answers a question as soon as it is on the screen. */
  readonly answer?: { readonly to: string; readonly keys: string };
  readonly stop?: AbortSignal;
}

/** An empty folder, which is removed after the test. It is the home, the folder for configuration and the current one. */
export function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'ghostifi-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

/** Runs a command in this process, with streams of the test's. */
export async function runIn(home: string, args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { env = {}, input = '', isTerminal, answer, stop = new AbortController().signal } = options;
  const streams = { input: new PassThrough(), out: new PassThrough(), err: new PassThrough() };
  const printed = { out: '', err: '' };
  streams.out.on('data', (text) => {
    printed.out += text;
  });
  let isAnswered = false;
  streams.err.on('data', (text) => {
    printed.err += text;
    if (isAnswered || !answer || !printed.err.includes(answer.to)) return;
    isAnswered = true;
    // The prompt listens to keys once it has been drawn.
    setImmediate(() => streams.input.write(answer.keys));
  });
  if (!answer) streams.input.end(input);
  if (isTerminal) for (const stream of Object.values(streams)) Object.assign(stream, terminalParts);
  const terminal: Terminal = { env: { HOME: home, ...env }, cwd: home, stop, ...streams };
  return { code: await runCli(args, terminal), ...printed };
}

const terminalParts = { isTTY: true, columns: 200, rows: 50, setRawMode: () => undefined, hasColors: () => false };
