import type { OpenQueue } from './connection.ts';

/** `unlisted`: its data is whole, and it is neither delayed nor prioritized, so it must be in a list. */
export type Finding = 'live' | 'unlisted' | 'absent' | 'damaged';

export interface Examined {
  readonly ids: readonly string[];
  /** The greatest score in the delayed set that is still plausible. */
  readonly latest: number;
  /** The keys of lists to look into as well: then a job that is in one of them is live. Slow for many jobs. */
  readonly lists: readonly string[];
}

/** The fields of a job that BullMQ parses. With garbage in one of them it can neither deliver nor show the job. */
const parsedFields = ['data', 'opts', 'progress', 'parent'] as const;

/**
 * One letter per job. `isPlain` accepts only JSON without anything in which Lua's parser is more lenient than
 * JavaScript's: signs, fractions, escapes, other words. This process parses the rest itself. `plain` remembers the texts
 * that many jobs share; their options differ in the id only.
 */
const script = `
local fields = cjson.decode(ARGV[2])
local parses = ARGV[3] == 'parse'
local lists = tonumber(ARGV[4])
local hasDelayed = redis.call('EXISTS', KEYS[1]) == 1
local hasPrioritized = redis.call('EXISTS', KEYS[2]) == 1
local plain = {}
local odd = '[^%d{}%[%],:]'
local function parsesAlike(text)
  if not pcall(cjson.decode, text) then return false end
  local rest = string.gsub(text, '"[%w%-_./: ]*"', '0')
  if string.find(rest, odd) then
    rest = string.gsub(string.gsub(string.gsub(rest, 'null', '0'), 'true', '0'), 'false', '0')
  end
  return not string.find(rest, odd) and not string.find(rest, '%f[%d]0%d')
end
local function isPlain(text, id)
  local from, to = string.find(text, '"' .. id .. '"', 1, true)
  if from then text = string.sub(text, 1, from) .. string.sub(text, to) end
  if plain[text] == nil then plain[text] = parsesAlike(text) end
  return plain[text]
end
local function finding(key, id)
  local texts = redis.pcall('HMGET', key, unpack(fields))
  if texts.err then return 'd' end
  local delayed = hasDelayed and redis.call('ZSCORE', KEYS[1], id)
  local prioritized = hasPrioritized and redis.call('ZSCORE', KEYS[2], id)
  local isEmpty = true
  for at = 1, #fields do
    if texts[at] then
      isEmpty = false
      if parses and not isPlain(texts[at], id) then return '?' end
    end
  end
  if isEmpty and redis.call('EXISTS', key) == 0 then return (delayed or prioritized) and 'd' or 'a' end
  if delayed then return tonumber(delayed) > tonumber(ARGV[1]) and 'd' or 'l' end
  if prioritized then return 'l' end
  for at = 3, 2 + lists do
    if redis.call('LPOS', KEYS[at], id) then return 'l' end
  end
  return 'u'
end
local found = {}
for at = 1, #KEYS - 2 - lists do found[at] = finding(KEYS[2 + lists + at], ARGV[4 + at]) end
return table.concat(found)`;

const findings: Readonly<Record<string, Finding>> = { l: 'live', u: 'unlisted', a: 'absent', d: 'damaged' };

/** What BullMQ holds of each job, in the given order. */
export async function examine(queue: OpenQueue, examined: Examined): Promise<Finding[]> {
  const letters = await ask(queue, examined, 'parse');
  const doubtful = examined.ids.filter((_, at) => letters[at] === '?');
  if (doubtful.length === 0) return [...letters].map((letter) => findings[letter] ?? 'damaged');
  const readable = await findReadable(queue, doubtful);
  const again = await ask(queue, { ...examined, ids: readable }, 'trust');
  const byId = new Map(readable.map((id, at) => [id, findings[again[at] ?? ''] ?? 'damaged']));
  return examined.ids.map((id, at) => findings[letters[at] ?? ''] ?? byId.get(id) ?? 'damaged');
}

async function ask(
  { queue, redis }: OpenQueue,
  { ids, latest, lists }: Examined,
  fields: 'parse' | 'trust',
): Promise<string> {
  if (ids.length === 0) return '';
  const sets = ['delayed', 'prioritized'].map((name) => queue.toKey(name));
  const keys = [...sets, ...lists, ...ids.map((id) => queue.toKey(id))];
  const args = [latest, JSON.stringify(parsedFields), fields, lists.length, ...ids];
  // A pipeline of one, since the tests of the publisher hold back its own scripts.
  const answers = await redis
    .pipeline()
    .eval(script, keys.length, ...keys, ...args)
    .exec();
  const [error, letters] = answers?.[0] ?? [new Error('Redis did not answer.'), null];
  if (error) throw error;
  return String(letters);
}

async function findReadable({ queue, redis }: OpenQueue, ids: readonly string[]): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hmget(queue.toKey(id), ...parsedFields);
  const answers = (await pipeline.exec()) ?? [];
  return ids.filter((_, at) => areReadable(answers[at]?.[1]));
}

function areReadable(fields: unknown): boolean {
  return Array.isArray(fields) && fields.every((field) => field === null || isJson(field));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
