const patterns = [
  /\baccount\b|\b(billing|payments?|invoices?|overdue|past due)\b|\b(insufficient|negative) (funds|balance|credit)/,
  /\bcredit card|\b(un)?verif(y|ied|ication)\b|\bpermissions?\b|\bpermitted\b|\bforbidden\b/,
  /\bnot (allowed|authori[sz]ed)\b|\bunauthori[sz]ed\b|\b(do|does) not have access\b|\bunable to authenticate\b/,
  /\b(api|access|auth\w*|bearer|personal) (token|key)\b|\b(invalid|expired|revoked|unknown|missing) (token|key)\b/,
  /\btoken (is|has|was|expired|invalid|lacks)\b|\bcredentials?\b/,
];

/**
 * Whether an error is about an account, a payment, a permission, a verification or a token. Only a person can help, and
 * the order itself is good. Providers have no code for most of these, and change the words.
 */
export function needsAPerson(message: string): boolean {
  const text = message.toLowerCase().replaceAll('_', ' ');
  return patterns.some((pattern) => pattern.test(text));
}
