import { z } from 'zod';

/** A line of a process's log. */
export const logEntry = z.looseObject({
  time: z.union([z.string(), z.number()]),
  level: z.union([z.string(), z.number()]),
  event: z.string().optional(),
  msg: z.string().default(''),
});
export type LogEntry = z.infer<typeof logEntry>;

/** Events for which `npm start` prints its own line, or that only supervisors need. */
const hiddenEvents = new Set([
  'simulator-ready',
  'simulator-stopping',
  'worker-ready',
  'vpn-probe-checked',
  'worker-draining',
  'worker-stopped',
  'api-listening',
  'api-stopping',
  'api-stopped',
]);
const requestAnswered = z.object({
  event: z.literal('request-answered'),
  req: z.object({ method: z.string(), url: z.string() }),
  res: z.object({ statusCode: z.number() }),
  caller: z.string().default('anyone'),
  problem: z.string().optional(),
  pointer: z.string().optional(),
});
const runEnded = z.object({
  event: z.literal('run-ended'),
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
/** Fields that a reader does not need, or that the message repeats. */
const omittedFields = new Set([
  'time',
  'level',
  'msg',
  'event',
  'pid',
  'hostname',
  'process',
  'requestId',
  'alert',
  'err',
]);

/** A short sentence about the entry; null: do not show it. */
export function sentenceOf(entry: LogEntry): string | null {
  if (entry.event && hiddenEvents.has(entry.event)) return null;
  const answer = requestAnswered.safeParse(entry);
  if (answer.success) return answerSentence(answer.data);
  const run = runEnded.safeParse(entry);
  return run.success ? runSentence(run.data) : inFull(entry);
}

/** The message with all its fields. */
export function inFull(entry: LogEntry): string {
  const fields = Object.entries(entry).filter(([name]) => !omittedFields.has(name));
  const stack = z.object({ err: z.object({ stack: z.string() }) }).safeParse(entry);
  const details = fields.map(
    ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${entry.msg}${details.join('')}${stack.success ? `\n${stack.data.err.stack}` : ''}`;
}

/**
 * null for a read that succeeded, for one that came before a worker had read the catalogue, and for an event that Stripe
 * has delivered: one purchase brings a dozen.
 */
function answerSentence({ req, res, caller, problem, pointer }: z.infer<typeof requestAnswered>): string | null {
  const reads = req.method === 'GET' || req.method === 'HEAD';
  const isEarly = reads && problem === 'urn:ghostifi:problem:not-ready';
  const isMinor = reads || req.url === '/v1/stripe/webhook';
  if (isEarly || (isMinor && res.statusCode < 400)) return null;
  const why = [problem?.split(':').at(-1), pointer].filter((part) => part !== undefined).join(' ');
  return `${req.method} ${req.url} → ${res.statusCode} (${caller})${why && `: ${why}`}`;
}

function runSentence({ kind, jobId, serverId, seconds, end }: z.infer<typeof runEnded>): string {
  const job = serverId ? `${kind} of ${serverId}` : `${kind} (${jobId})`;
  const after = `after ${seconds.toFixed(1)} s`;
  switch (end.kind) {
    case 'completed':
      return `${job} succeeded ${after}`;
    case 'failed':
      return `${job} failed ${after}: ${end.error}`;
    case 'retry':
      return `${job} will be retried, since this attempt failed: ${end.error}`;
    case 'delayed':
      return `${job} is delayed until ${clock(end.until ?? '')}: ${end.reason}`;
    case 'handed-back':
      return `${job} was handed back and continues later`;
    case 'lock-lost':
      return `${job} continues in another run, since this one lost its lock`;
  }
}

/** The local time of day. */
export function clock(time: string | number): string {
  const at = new Date(time);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
