import { runCommand } from '#src/command.ts';
import { describeMeasures, measure } from './measures.ts';
import { readSources } from './sources.ts';

const help = `Usage: npm run figures
Prints the lengths of the files and functions of db, queues and src.`;

await runCommand({ help }, async () => describeMeasures(measure(readSources())));
