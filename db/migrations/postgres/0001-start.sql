CREATE TABLE purchases (
  id           TEXT PRIMARY KEY,
  customer     TEXT NOT NULL,
  location     TEXT NOT NULL,
  plan         TEXT NOT NULL,
  reference    TEXT,
  requested_by TEXT NOT NULL,
  created_at   TIMESTAMPTZ(3) NOT NULL
);

CREATE TABLE servers (
  id            TEXT PRIMARY KEY,
  purchase_id   TEXT NOT NULL UNIQUE REFERENCES purchases (id),
  customer      TEXT NOT NULL,
  reference     TEXT,
  hostname      TEXT NOT NULL UNIQUE,
  provider      TEXT NOT NULL,
  location      TEXT NOT NULL,
  plan          TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('installing', 'running', 'rebuilding', 'destroying', 'destroyed', 'failed')),
  generation    INTEGER NOT NULL,
  machine_id    TEXT,
  last_position INTEGER NOT NULL,
  created_at    TIMESTAMPTZ(3) NOT NULL,
  updated_at    TIMESTAMPTZ(3) NOT NULL
);
CREATE INDEX servers_by_customer ON servers (customer, id);
CREATE INDEX servers_by_reference ON servers (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX servers_by_status ON servers (status, id);

-- One row per VPS that was ever planned. It is written before the call that orders the VPS.
CREATE TABLE machines (
  id           TEXT PRIMARY KEY,
  server_id    TEXT NOT NULL REFERENCES servers (id),
  generation   INTEGER NOT NULL,
  name         TEXT NOT NULL UNIQUE,
  provider     TEXT NOT NULL,
  account      TEXT,
  location     TEXT NOT NULL,
  plan         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('planned', 'current', 'replaced', 'abandoned', 'gone')),
  provider_id  TEXT,
  ipv4         TEXT,
  ipv6         TEXT,
  created_at   TIMESTAMPTZ(3) NOT NULL,
  removable_at TIMESTAMPTZ(3),
  gone_at      TIMESTAMPTZ(3),
  UNIQUE (server_id, generation)
);
CREATE UNIQUE INDEX one_current_machine_per_server ON machines (server_id) WHERE state = 'current';
CREATE INDEX machines_not_gone ON machines (state) WHERE state <> 'gone';

-- A job's row is also the outbox: it is written with the purchase, and published afterwards.
CREATE TABLE jobs (
  id           TEXT PRIMARY KEY,
  server_id    TEXT NOT NULL REFERENCES servers (id),
  kind         TEXT NOT NULL CHECK (kind IN ('create', 'rebuild', 'destroy', 'retire')),
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'released', 'succeeded', 'failed', 'cancelled')),
  line         TEXT NOT NULL,
  position     INTEGER NOT NULL,
  machine_id   TEXT REFERENCES machines (id),
  location     TEXT,
  attempts     INTEGER NOT NULL,
  error        TEXT,
  parked       BOOLEAN NOT NULL,
  retry_of     TEXT REFERENCES jobs (id),
  requested_by TEXT NOT NULL,
  request_id   TEXT,
  created_at   TIMESTAMPTZ(3) NOT NULL,
  due_at       TIMESTAMPTZ(3),
  released_at  TIMESTAMPTZ(3),
  finished_at  TIMESTAMPTZ(3),
  UNIQUE (line, position)
);
CREATE UNIQUE INDEX one_released_job_per_line ON jobs (line) WHERE state = 'released';
CREATE INDEX jobs_open ON jobs (state, id) WHERE state IN ('waiting', 'released');
CREATE INDEX jobs_by_server ON jobs (server_id, id);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_retry_of ON jobs (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX jobs_parked ON jobs (server_id) WHERE parked;

CREATE TABLE history (
  id        SERIAL PRIMARY KEY,
  server_id TEXT NOT NULL REFERENCES servers (id),
  job_id    TEXT REFERENCES jobs (id),
  event     TEXT NOT NULL,
  detail    JSON NOT NULL,
  at        TIMESTAMPTZ(3) NOT NULL
);
CREATE INDEX history_by_server ON history (server_id, id);

-- Answers to calls with an Idempotency-Key, kept so that a repeated call gets the same answer.
CREATE TABLE answers (
  token      TEXT NOT NULL,
  key        TEXT NOT NULL,
  body_hash  TEXT NOT NULL,
  body       JSON,
  created_at TIMESTAMPTZ(3) NOT NULL,
  PRIMARY KEY (token, key)
);

-- Problems that only a worker can notice. Problems that follow from the other tables are not stored.
CREATE TABLE alerts (
  id        TEXT PRIMARY KEY,
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  message   TEXT NOT NULL,
  raised_at TIMESTAMPTZ(3) NOT NULL
);

CREATE TABLE leases (
  name       TEXT PRIMARY KEY,
  holder     TEXT NOT NULL,
  expires_at TIMESTAMPTZ(3) NOT NULL
);

CREATE TABLE settings (
  name       TEXT PRIMARY KEY,
  value      JSON NOT NULL,
  updated_at TIMESTAMPTZ(3) NOT NULL
);
