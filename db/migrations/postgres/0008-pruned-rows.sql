-- Old jobs and destroyed servers are pruned, and their history stays. So it refers to them without a constraint.
CREATE TABLE kept_history (
  id        SERIAL PRIMARY KEY,
  server_id TEXT NOT NULL,
  job_id    TEXT,
  event     TEXT NOT NULL,
  detail    JSON NOT NULL,
  at        TIMESTAMPTZ(3) NOT NULL
);
INSERT INTO kept_history (id, server_id, job_id, event, detail, at)
  SELECT id, server_id, job_id, event, detail, at FROM history;
DROP TABLE history;
ALTER TABLE kept_history RENAME TO history;
CREATE INDEX history_by_server ON history (server_id, id);
SELECT setval('kept_history_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM history), false);

-- The deletion of a machine looks for the jobs that refer to it.
CREATE INDEX jobs_by_machine ON jobs (machine_id) WHERE machine_id IS NOT NULL;
