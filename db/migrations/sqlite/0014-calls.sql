-- What each job changed at the cloud and in the DNS, and the first answer of its machine. It outlives the jobs.
CREATE TABLE calls (
  job_id    TEXT NOT NULL,
  n         INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  service   TEXT NOT NULL,
  operation TEXT NOT NULL,
  target    TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  ms        INTEGER NOT NULL,
  message   TEXT,
  PRIMARY KEY (job_id, n)
) STRICT;
-- Who had an address, also after the machine's row is gone.
CREATE INDEX calls_answered ON calls (target, job_id) WHERE operation = 'answer';

CREATE INDEX events_by_subscription ON events (subscription_id, id) WHERE subscription_id IS NOT NULL;
CREATE INDEX machines_by_provider_id ON machines (provider_id, id) WHERE provider_id IS NOT NULL;
