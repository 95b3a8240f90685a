import SqliteConnection from 'better-sqlite3';

/** Texts of the rows to copy, each with the beginning of what a copy has instead; a number of nine digits follows it. */
export type Beginnings = Readonly<Record<string, string>>;

const tables = ['purchases', 'servers', 'machines', 'jobs', 'vpn_keys', 'events'] as const;

type Row = Readonly<Record<string, string | number | null>>;

/** Copies each row of these tables so many times, with other ids, in one statement for each row. SQLite only. */
export function copyRows(file: string, beginnings: Beginnings, count: number): void {
  const connection = new SqliteConnection(file, { timeout: 10_000 });
  connection.pragma('cache_size = -200000');
  connection.pragma('synchronous = OFF');
  for (const table of tables) {
    const rows = connection.prepare<[], Row>(`SELECT * FROM ${table}`).all();
    for (const row of rows) connection.exec(copyStatement(table, row, { beginnings, count }));
  }
  connection.close();
}

function copyStatement(table: string, row: Row, { beginnings, count }: { beginnings: Beginnings; count: number }) {
  // The database numbers the events.
  const fields = Object.entries(row).filter(([name]) => !(table === 'events' && name === 'id'));
  const values = fields.map(([, value]) => literalOf(value, beginnings));
  return `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO ${table} (${fields.map(([name]) => name).join(', ')}) SELECT ${values.join(', ')} FROM numbers`;
}

/** The value as SQL, with the number of the copy in each text that has another beginning. */
function literalOf(value: string | number | null, beginnings: Beginnings): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  const quoted = `'${value.replaceAll("'", "''")}'`;
  const found = Object.entries(beginnings).filter(([from]) => value.includes(from));
  return found.reduce((text, [from, to]) => text.replaceAll(from, `${to}' || printf('%09d', n) || '`), quoted);
}
