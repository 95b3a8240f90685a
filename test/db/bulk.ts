/** How many rows of each kind to write, and since when. */
export interface Bulk {
  /** Servers whose create is released. */
  readonly installing?: number;
  /** Running servers, each with a current machine and a create that succeeded. */
  readonly running?: number;
  /** Destroyed servers, each with a machine that is gone. */
  readonly destroyed?: number;
  /** The time in every row. */
  readonly at: Date;
}

interface Family {
  readonly prefix: string;
  readonly count: number;
  readonly status: string;
  readonly jobState: string;
  readonly machineState: string;
}

/**
 * SQL that writes many servers at once, each with its purchase, its first job and its machine, as the transactions
 * would have left them. Ids sort by number: `srv-i00000001`, `job-i00000001`.
 */
export function bulkSql(dialect: 'sqlite' | 'postgres', bulk: Bulk): string {
  const families: Family[] = [
    family('i', bulk.installing, ['installing', 'released', 'planned']),
    family('r', bulk.running, ['running', 'succeeded', 'current']),
    family('d', bulk.destroyed, ['destroyed', 'succeeded', 'gone']),
  ];
  const time = dialect === 'sqlite' ? String(bulk.at.getTime()) : `'${bulk.at.toISOString()}'::timestamptz`;
  const no = dialect === 'sqlite' ? '0' : 'false';
  return families.map((one) => (one.count > 0 ? rowsOf(one, { dialect, time, no }) : '')).join('\n');
}

function family(prefix: string, count: number | undefined, states: readonly [string, string, string]): Family {
  const [status, jobState, machineState] = states;
  return { prefix, count: count ?? 0, status, jobState, machineState };
}

interface Words {
  readonly dialect: 'sqlite' | 'postgres';
  readonly time: string;
  readonly no: string;
}

function rowsOf({ prefix, count, status, jobState, machineState }: Family, { dialect, time, no }: Words): string {
  const number = dialect === 'sqlite' ? "printf('%08d', n)" : "lpad(n::text, 8, '0')";
  const id = (kind: string) => `'${kind}-${prefix}' || ${number}`;
  const from = `FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${count}) SELECT n FROM s) AS s`;
  const confirmed = machineState === 'planned' ? 'NULL, NULL, NULL' : `'acc-1', '${prefix}-' || n, '192.0.2.1'`;
  const current = machineState === 'current' ? id('mac') : 'NULL';
  const owed = status === 'installing' ? time : 'NULL';
  const finished = jobState === 'released' ? 'NULL' : time;
  return `
INSERT INTO purchases (id, customer, location, plan, requested_by, created_at)
  SELECT ${id('pur')}, 'ada', 'ewr', 'small', 'bulk', ${time} ${from};
INSERT INTO servers (id, purchase_id, customer, hostname, provider, location, plan, status, generation, machine_id,
    owed_since, last_position, created_at, updated_at)
  SELECT ${id('srv')}, ${id('pur')}, 'ada', ${id('srv')} || '.vpn.test', 'simulator', 'ewr', 'small', '${status}', 1,
    ${current}, ${owed}, 1, ${time}, ${time} ${from};
INSERT INTO machines (id, server_id, generation, name, provider, account, provider_id, ipv4, location, plan, state,
    created_at)
  SELECT ${id('mac')}, ${id('srv')}, 1, 'gf-' || ${id('srv')} || '-1', 'simulator', ${confirmed}, 'ewr', 'small',
    '${machineState}', ${time} ${from};
INSERT INTO jobs (id, server_id, kind, state, line, position, machine_id, attempts, parked, requested_by, created_at,
    released_at, finished_at)
  SELECT ${id('job')}, ${id('srv')}, 'create', '${jobState}', ${id('srv')}, 1, ${id('mac')}, 0, ${no}, 'bulk', ${time},
    ${time}, ${finished} ${from};
INSERT INTO events (uid, server_id, job_id, type, actor, detail, at)
  SELECT ${id('evt')}, ${id('srv')}, ${id('job')}, 'server.create_started', 'policy', '{}', ${time} ${from};`;
}
