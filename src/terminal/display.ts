import { clearScreenDown, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

/** One job on the display. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly percent: number;
  readonly step: string;
  readonly seconds: number;
  readonly isDone: boolean;
}

/** Shows the progress of jobs. */
export interface Display {
  show(rows: readonly Row[]): void;
  /** Keeps the current rows. The next rows are written below them. */
  release(): void;
}

/** A stream that may be a terminal. */
export type Out = Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** On a terminal, draws progress bars in place. Elsewhere, prints a line for each change. */
export function openDisplay(out: Out): Display {
  return out.isTTY ? bars(out) : changes(out);
}

const barWidth = 20;
const defaultColumns = 80;

/** Uses no library: those for progress bars run the tasks themselves, or are unmaintained. */
function bars(out: Out): Display {
  let height = 0;
  return {
    show: (rows) => {
      const columns = (out.columns || defaultColumns) - 1;
      moveCursor(out, 0, -height);
      clearScreenDown(out);
      out.write(rows.map((row) => `${barLine(row, columns)}\n`).join(''));
      height = rows.length;
    },
    release: () => {
      height = 0;
    },
  };
}

/** At most as wide as the terminal, since a wrapped line cannot be redrawn in place. */
function barLine({ what, percent, step, seconds, isDone }: Row, columns: number): string {
  const full = Math.round((percent / 100) * barWidth);
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full);
  const numbers = ` ${String(percent).padStart(3)} % ${seconds.toFixed(1).padStart(5)} s  `;
  return shortened(`  ${what}${bar}${numbers}${step}`, columns)
    .replace(/█+/, (done) => styleText(isDone ? 'green' : 'cyan', done))
    .replace(/░+/, (rest) => styleText('dim', rest));
}

function shortened(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

function changes(out: Out): Display {
  const written = new Map<string, string>();
  return {
    show: (rows) => {
      for (const { id, what, percent, step, seconds } of rows) {
        const text = `${String(percent).padStart(3)} %  ${step}`;
        if (written.get(id) === text) continue;
        written.set(id, text);
        out.write(`${seconds.toFixed(1).padStart(6)} s  ${what}${text}\n`);
      }
    },
    release: () => written.clear(),
  };
}
