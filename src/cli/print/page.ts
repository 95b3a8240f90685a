/** The text of a cell; null and undefined are shown as a dash. */
export type Cell = string | number | null | undefined;

/** Rows with the same columns. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What a command shows to people: lines and tables, with an empty line between them. */
export type Page = readonly (string | Table)[];

/** A table with one row for each item. Without items, the page is the line `none`. */
export function tableOf<T>(
  items: readonly T[],
  columns: Readonly<Record<string, (item: T) => Cell>>,
  none = 'There are none.',
): Page {
  if (items.length === 0) return [none];
  const cells = Object.values(columns);
  return [{ head: Object.keys(columns), rows: items.map((item) => cells.map((cell) => cell(item))) }];
}

/** One thing: a line for each of its fields that is not null. */
export function fieldsOf(fields: Readonly<Record<string, Cell>>): Table {
  return { head: [], rows: Object.entries(fields).filter(([, cell]) => cell !== null && cell !== undefined) };
}
