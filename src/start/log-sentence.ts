import { z } from 'zod';

/** A line of a process's log. */
export const logEntry = z.looseObject({
  time: z.union([z.string(), z.number()]),
  level: z.union([z.string(), z.number()]),
  msg: z.string().default(''),
});
export type LogEntry = z.infer<typeof logEntry>;

const answered = z.object({
  req: z.object({ method: z.string(), url: z.string() }),
  res: z.object({ statusCode: z.number() }),
  caller: z.string().default('anyone'),
});
const runEnded = z.object({
  kind: z.string(),
  jobId: z.string(),
  serverId: z.string().optional(),
  seconds: z.number(),
  end: z.object({
    kind: z.enum(['completed', 'failed', 'retry', 'delayed', 'handed-back', 'lock-lost']),
    error: z.string().optional(),
    reason: z.string().optional(),
    until: z.string().optional(),
  }),
});

/** Somebody who started everything with one command is told the same by what it prints. */
const expected = [
  /^the simulated cloud (is ready|stops)$/,
  /^Worker takes jobs$/,
  /^The API is listening$/,
  /^(Draining|Stopping): /,
  /^Stopped$/,
];
/** Of no use to a reader, or said by the message already. */
const unsaid = new Set(['time', 'level', 'msg', 'pid', 'hostname', 'process', 'requestId', 'alert', 'err']);

/** What a person wants to know of an entry, in a short sentence; null: nothing. */
export function sentenceOf(entry: LogEntry): string | null {
  if (expected.some((pattern) => pattern.test(entry.msg))) return null;
  const answer = answered.safeParse(entry);
  if (answer.success) return answerSentence(answer.data);
  const run = runEnded.safeParse(entry);
  return run.success ? runSentence(run.data) : inFull(entry);
}

/** The message with everything that was logged beside it. */
export function inFull(entry: LogEntry): string {
  const fields = Object.entries(entry).filter(([name]) => !unsaid.has(name));
  const stack = z.object({ err: z.object({ stack: z.string() }) }).safeParse(entry);
  const details = fields.map(
    ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${entry.msg}${details.join('')}${stack.success ? `\n${stack.data.err.stack}` : ''}`;
}

/** Reading is not worth a line, unless it went wrong. */
function answerSentence({ req, res, caller }: z.infer<typeof answered>): string | null {
  const reads = req.method === 'GET' || req.method === 'HEAD';
  return reads && res.statusCode < 400 ? null : `${req.method} ${req.url} → ${res.statusCode} (${caller})`;
}

function runSentence({ kind, jobId, serverId, seconds, end }: z.infer<typeof runEnded>): string {
  const what = serverId ? `${kind} of ${serverId}` : `${kind} (${jobId})`;
  const after = `after ${seconds.toFixed(1)} s`;
  switch (end.kind) {
    case 'completed':
      return `${what} succeeded ${after}`;
    case 'failed':
      return `${what} failed ${after}: ${end.error}`;
    case 'retry':
      return `${what} is tried again, since this try failed: ${end.error}`;
    case 'delayed':
      return `${what} is put off until ${clock(end.until ?? '')}: ${end.reason}`;
    case 'handed-back':
      return `${what} is handed back and goes on later`;
    case 'lock-lost':
      return `${what} was taken over by another run`;
  }
}

/** The time of day where this process runs. */
export function clock(time: string | number): string {
  const at = new Date(time);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
