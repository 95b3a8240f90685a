-- Each read of a table that grows has an index, and none reads more than a page of it.
DROP INDEX machines_not_gone;
CREATE INDEX machines_by_provider ON machines (provider, id, state, plan) WHERE state <> 'gone';
CREATE INDEX machines_confirmed ON machines (provider, id) WHERE state <> 'gone' AND account IS NOT NULL;
CREATE INDEX machines_abandoned ON machines (removable_at) WHERE state = 'abandoned';
CREATE INDEX servers_unserved ON servers (status, created_at) WHERE status IN ('installing', 'failed');

DROP INDEX jobs_open;
DROP INDEX jobs_parked;
CREATE INDEX jobs_by_kind ON jobs (kind, state, id);
CREATE INDEX jobs_parked ON jobs (state, id) WHERE parked = true;
CREATE INDEX jobs_slow ON jobs (coalesce(due_at, created_at))
  WHERE finished_at IS NULL AND kind <> 'create';

CREATE INDEX answers_by_age ON answers (created_at);
