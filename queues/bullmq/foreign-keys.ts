import type { OpenQueue } from './connection.ts';

/** BullMQ's keys of a queue besides those of its jobs, with the type of each. `number`: a string with a whole number. */
const types = {
  wait: 'list',
  paused: 'list',
  active: 'list',
  prioritized: 'zset',
  delayed: 'zset',
  completed: 'zset',
  failed: 'zset',
  'waiting-children': 'zset',
  repeat: 'zset',
  marker: 'zset',
  id: 'number',
  pc: 'number',
  meta: 'hash',
  events: 'stream',
  stalled: 'set',
  'stalled-check': 'string',
  limiter: 'string',
  'metrics:completed': 'hash',
  'metrics:completed:data': 'list',
  'metrics:failed': 'hash',
  'metrics:failed:data': 'list',
} as const;

/** Fields of these hashes with which BullMQ calculates. */
const numbers = ['concurrency', 'max', 'duration', 'opts.maxLenEvents', 'count', 'prevTS', 'prevCount'];

const script = `
local fields = cjson.decode(ARGV[1])
local removed = {}
local function isNumber(value) return not value or tonumber(value) ~= nil end
local function isForeign(key, wanted)
  local found = redis.call('TYPE', key).ok
  if found == 'none' then return false end
  if wanted == 'number' then
    return found ~= 'string' or not string.match(redis.call('GET', key), '^%d+$')
  end
  if found ~= wanted then return true end
  if wanted == 'hash' then
    for _, value in ipairs(redis.call('HMGET', key, unpack(fields))) do
      if not isNumber(value) then return true end
    end
  end
  return false
end
for at, key in ipairs(KEYS) do
  if isForeign(key, ARGV[at + 1]) then
    redis.call('UNLINK', key)
    removed[#removed + 1] = key
  end
end
return removed`;

/**
 * Removes the keys of the queue that another program has written: with another type, or with a text that BullMQ would
 * calculate with. Redis holds nothing that the database does not have, and the sweep publishes what is missing then.
 */
export async function removeForeignKeys({ queue, redis }: OpenQueue): Promise<string[]> {
  const keys = Object.keys(types).map((name) => queue.toKey(name));
  const removed: unknown = await redis.eval(
    script,
    keys.length,
    ...keys,
    JSON.stringify(numbers),
    ...Object.values(types),
  );
  return Array.isArray(removed) ? removed.map(String) : [];
}
