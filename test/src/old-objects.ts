import { getHeapStatistics } from 'node:v8';
import { boundHeapGrowth } from '#src/heap-growth.ts';

/** Prints the largest heap of a process whose objects live just long enough to become old. `bounded` or `unbounded`. */
if (process.argv[2] === 'bounded') boundHeapGrowth();
const kept: object[] = [];
let largest = 0;
for (let made = 0; made < 6_000_000; made += 1) {
  kept[made % 300_000] = { made, next: { made } };
  if (made % 20_000 > 0) continue;
  largest = Math.max(largest, getHeapStatistics().used_heap_size);
  await new Promise(setImmediate);
}
process.stdout.write(String(largest));
