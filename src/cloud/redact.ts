const maxChars = 300;

/** Base64 at least as long as a VPN key. A provider may repeat the user data, which contains keys. */
const likeAKey = /[A-Za-z0-9+/=]{40,}/g;

/**
 * Prepares a provider's text for an error message: one line, without secrets, at most 300 characters. Secrets are
 * removed before the text is cut, so that no part of one remains.
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
  return line.length > maxChars ? `${line.slice(0, maxChars)}…` : line;
}
