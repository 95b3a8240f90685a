/** Prints how long the files and functions of db, queues and src are. */
import { describeMeasures, measure } from './measures.ts';
import { readSources } from './sources.ts';

console.log(describeMeasures(measure(readSources())));
