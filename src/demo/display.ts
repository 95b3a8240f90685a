import { clearScreenDown, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

/** A job as a person sees it. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly percent: number;
  readonly step: string;
  readonly seconds: number;
  readonly isDone: boolean;
}

/** Shows how jobs go on. */
export interface Display {
  show(rows: readonly Row[]): void;
  /** What is shown stays, and the next rows come below it. */
  release(): void;
}

/** Bars that move, on a terminal; elsewhere a line for each change. */
export function openDisplay(out: WriteStream): Display {
  return out.isTTY ? bars(out) : changes(out);
}

const barWidth = 20;
const usualColumns = 80;

/** Of our own: libraries for bars run the tasks that they show, or are no longer looked after. */
function bars(out: WriteStream): Display {
  let height = 0;
  return {
    show: (rows) => {
      const columns = (out.columns || usualColumns) - 1;
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

/** Never longer than the terminal is wide, or it could not be drawn again in its place. */
function barLine({ what, percent, step, seconds, isDone }: Row, columns: number): string {
  const full = Math.round((percent / 100) * barWidth);
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full);
  const numbers = ` ${String(percent).padStart(3)} % ${seconds.toFixed(1).padStart(5)} s  `;
  return shortened(`  ${what}${bar}${numbers}${step}`, columns)
    .replace(/█+/, (done) => styleText(isDone ? 'green' : 'cyan', done))
    .replace(/░+/, (rest) => styleText('dim', rest));
}

function shortened(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

function changes(out: WriteStream): Display {
  const said = new Map<string, string>();
  return {
    show: (rows) => {
      for (const { id, what, percent, step, seconds } of rows) {
        const news = `${String(percent).padStart(3)} %  ${step}`;
        if (said.get(id) === news) continue;
        said.set(id, news);
        out.write(`${seconds.toFixed(1).padStart(6)} s  ${what}${news}\n`);
      }
    },
    release: () => said.clear(),
  };
}
