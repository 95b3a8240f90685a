/** What an error of Redis means, for the log. An error that says enough, or is not Redis's, stays as it is. */
export function redisErrorText(error: unknown): string {
  const text = String(error);
  // Inside a script, Redis puts words before these.
  if (/\bMISCONF\b/.test(text)) return `Redis cannot write to its disk, and refuses every write: ${text}`;
  if (/\bOOM command not allowed\b/.test(text)) return `Redis has no memory left, and refuses every write: ${text}`;
  return text;
}
