import { styleText } from 'node:util';
import { clock, inFull, type LogEntry, logEntry, sentenceOf } from './log-sentence.ts';

type Sentence = (entry: LogEntry) => string | null;

/**
 * Converts the JSON log lines of the processes into text: time, process, and a short sentence. With LOG_LEVEL debug or
 * trace it shows every line with all its fields.
 */
export function prettyLines(write: (text: string) => void, logLevel: string): (process: string, line: string) => void {
  const sentence = logLevel === 'debug' || logLevel === 'trace' ? inFull : sentenceOf;
  return (name, line) => {
    const text = rendered(name, line, sentence);
    if (text !== null) write(`${text}\n`);
  };
}

function rendered(name: string, line: string, sentence: Sentence): string | null {
  const entry = parsed(line);
  if (entry === null) return `${margin(Date.now(), name)}${line}`;
  const text = sentence(entry);
  return text === null ? null : `${margin(entry.time, name)}${emphasis(entry.level)}${text}`;
}

/** null: pino did not write the line, and it is shown unchanged. */
function parsed(line: string): LogEntry | null {
  try {
    return logEntry.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

function margin(time: string | number, name: string): string {
  return styleText('dim', `${clock(time)} ${name.padEnd(9)} `);
}

function emphasis(level: string | number): string {
  if (level === 'warn' || level === 40) return `${styleText('yellow', 'warning:')} `;
  const isError = level === 'error' || level === 'fatal' || Number(level) >= 50;
  return isError ? `${styleText('red', 'error:')} ` : '';
}
