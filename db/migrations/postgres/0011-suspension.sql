-- A suspended server keeps its name and its keys, and has no machine. SQLite cannot change the check of a column, so
-- the columns with new words are made again.
DROP INDEX servers_by_status;
DROP INDEX servers_destroyed;
DROP INDEX servers_unserved;
ALTER TABLE servers RENAME COLUMN status TO old_status;
ALTER TABLE servers ADD COLUMN status TEXT NOT NULL DEFAULT 'installing' CONSTRAINT servers_known_status
  CHECK (status IN ('installing', 'running', 'rebuilding', 'suspending', 'suspended', 'resuming', 'destroying', 'destroyed', 'failed'));
UPDATE servers SET status = old_status;
ALTER TABLE servers DROP COLUMN old_status;
CREATE INDEX servers_by_status ON servers (status, id);

-- Why a server is suspended, and since when its customer has paid without having one.
ALTER TABLE servers ADD COLUMN held_reason TEXT;
ALTER TABLE servers ADD COLUMN owed_since TIMESTAMPTZ(3);
UPDATE servers SET owed_since = created_at WHERE status IN ('installing', 'failed');
CREATE INDEX servers_owed ON servers (status, owed_since) WHERE owed_since IS NOT NULL;

-- The inventory checks the names of servers that have lost their machines within the last day.
CREATE INDEX servers_emptied ON servers (updated_at) WHERE status IN ('destroyed', 'suspended');

DROP INDEX jobs_by_kind;
DROP INDEX jobs_slow;
ALTER TABLE jobs RENAME COLUMN kind TO old_kind;
ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'create' CONSTRAINT jobs_known_kind
  CHECK (kind IN ('create', 'rebuild', 'suspend', 'resume', 'destroy', 'retire'));
UPDATE jobs SET kind = old_kind;
ALTER TABLE jobs DROP COLUMN old_kind;
CREATE INDEX jobs_by_kind ON jobs (kind, state, id);
CREATE INDEX jobs_slow ON jobs (coalesce(due_at, created_at))
  WHERE finished_at IS NULL AND kind <> 'create';

-- Of a suspension, for people.
ALTER TABLE jobs ADD COLUMN reason TEXT;
