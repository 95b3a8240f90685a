import type { Amount } from '#db/statements.ts';

/** The sum of each currency, in the order of their codes, in whole units. */
export function sums(amounts: readonly Amount[]): Amount[] {
  const byCurrency = Map.groupBy(amounts, ({ currency }) => currency);
  return [...byCurrency]
    .map(([currency, ofCurrency]) => {
      const total = ofCurrency.reduce((sum, { amount }) => sum + amount, 0);
      return { currency, amount: Math.round(total) };
    })
    .toSorted((one, other) => (one.currency < other.currency ? -1 : 1));
}

/** What is left of the gains in each currency in which there are costs. */
export function margin(gains: readonly Amount[], costs: readonly Amount[]): Amount[] {
  const both = gains.filter(({ currency }) => costs.some((cost) => cost.currency === currency));
  const spent = costs.filter(({ currency }) => both.some((gain) => gain.currency === currency));
  return sums([...both, ...spent.map(negative)]);
}

export function negative({ currency, amount }: Amount): Amount {
  return { currency, amount: -amount };
}
