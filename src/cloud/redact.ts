const longestQuote = 300;

/** A VPN key in base64, and longer: a provider may repeat what it was sent, and user data holds keys. */
const likeAKey = /[A-Za-z0-9+/=]{40,}/g;

/**
 * A provider's words, fit for an error message: one line, without any of the secrets, at most 300 characters.
 * The secrets go first, so that a cut cannot leave half of one behind.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const clean = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    .reduce((text, secret) => text.replaceAll(secret, '[secret]'), text);
  const line = clean
    .replace(likeAKey, '[…]')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line;
}
