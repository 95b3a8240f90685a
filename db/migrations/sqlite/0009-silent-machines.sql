-- The machines that were ordered and never answered. They count against further orders.
CREATE TABLE silent_machines (
  provider    TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  job_id      TEXT NOT NULL,
  silent_at   INTEGER NOT NULL,
  PRIMARY KEY (provider, provider_id)
) STRICT;
CREATE INDEX silent_machines_by_age ON silent_machines (provider, silent_at);
