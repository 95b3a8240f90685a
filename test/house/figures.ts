/** Prints the lengths of the files and functions of db, queues and src. */
import { describeMeasures, measure } from './measures.ts';
import { readSources } from './sources.ts';

console.log(describeMeasures(measure(readSources())));
