import { setFlagsFromString } from 'node:v8';

/** By how much the heap may grow over what is in use before V8 collects its old objects, in percent. */
const growthPercent = 50;

/**
 * Lets V8 collect old objects as soon as they take half as much memory as the objects in use. By default it waits until
 * they take up to three times as much: a worker that waits for machines then has 430 MB instead of 290.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}
