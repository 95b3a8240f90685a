import { expect, test } from 'vitest';
import { redisErrorText } from '#queues/bullmq/redis-error.ts';

test.each([
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
    'Redis cannot write to its disk, and refuses every write: Error: MISCONF ',
  ],
  [
    'ERR Error running script (call to f_1): @user_script:3: MISCONF Errors writing to the AOF file: No space left on device',
    'Redis cannot write to its disk, and refuses every write: Error: ERR ',
  ],
  [
    "OOM command not allowed when used memory > 'maxmemory'.",
    'Redis has no memory left, and refuses every write: Error: OOM ',
  ],
  ['Connection is closed.', 'Error: Connection is closed.'],
])('the error %j says what Redis lacks', (message, expected) => {
  expect(redisErrorText(new Error(message))).toMatch(new RegExp(`^${expected.replaceAll('.', '\\.')}`));
});
