/** The instant in the local zone with its offset, such as `2026-01-31 13:00:00 +01:00`; null stays null. */
export function localTime(instant: string | null): string | null {
  if (instant === null) return null;
  const at = new Date(instant);
  // Sweden writes dates as ISO 8601 does.
  return `${at.toLocaleString('sv-SE')} ${offsetAt(at)}`;
}

function offsetAt(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const digits = (number: number) => String(Math.trunc(Math.abs(number))).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${digits(minutes / 60)}:${digits(minutes % 60)}`;
}

/** Such as `5.00 USD`; null stays null. */
export function money(cost: { readonly amount: number; readonly currency: string } | null): string | null {
  return cost && `${cost.amount.toFixed(2)} ${cost.currency}`;
}

/** Such as `5.00 USD` for 500; yen have no smaller unit. */
export function smallestUnits(amount: number, currency: string): string {
  return `${inWhole(amount, currency).toFixed(digitsOf(currency))} ${currency.toUpperCase()}`;
}

/** Such as 5 for 500 cents. */
export function inWhole(amount: number, currency: string): number {
  return amount / 10 ** digitsOf(currency);
}

function digitsOf(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return maximumFractionDigits;
}

/** Such as `5.00 USD, 3.20 EUR`, of amounts in the smallest unit. null: not known, which is never shown as 0. */
export function sums(amounts: readonly { readonly amount: number; readonly currency: string }[] | null): string {
  if (amounts === null) return 'unknown';
  return amounts.map(({ amount, currency }) => smallestUnits(amount, currency)).join(', ') || '0';
}
