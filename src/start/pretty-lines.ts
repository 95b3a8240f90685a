import { styleText } from 'node:util';
import pretty from 'pino-pretty';

/** Turns the JSON lines of the processes into lines for people: time, process, message, and the ids that matter. */
export function prettyLines(write: (text: string) => void): (process: string, line: string) => void {
  const format = pretty.prettyFactory({
    colorize: process.stdout.isTTY === true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname,process',
    singleLine: true,
  });
  return (name, line) => {
    const text = line.startsWith('{') ? format(line) : `${line}\n`;
    if (typeof text === 'string') write(`${styleText('dim', name.padEnd(9))} ${text}`);
  };
}
