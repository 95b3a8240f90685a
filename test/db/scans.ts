/** These tables have a row for each purchase, job or call. The others stay small. */
export const growingTables = [
  ...['purchases', 'servers', 'vpn_keys', 'machines', 'jobs', 'events', 'calls', 'answers'],
  ...['subscriptions', 'payments', 'notices', 'schedules', 'links', 'deliveries', 'workers'],
];

/**
 * Whether this step of SQLite's EXPLAIN QUERY PLAN reads a table that grows from one end to the other. A page in the
 * order of an index is not a scan: it ends after its limit.
 */
export function isScan(step: string, statement: string): boolean {
  const isPage =
    / USING (COVERING )?INDEX /.test(step) &&
    / limit (\?|\+\?|\d+)$/.test(statement) &&
    !/ where .* (or|in) /.test(statement);
  return growingTables.includes(/^SCAN (\w+)/.exec(step)?.[1] ?? '') && !isPage;
}
