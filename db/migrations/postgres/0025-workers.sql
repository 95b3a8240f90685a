-- What each worker process last said of itself, for the console.
CREATE TABLE workers (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  version    TEXT NOT NULL,
  started_at TIMESTAMPTZ(3) NOT NULL,
  said_at    TIMESTAMPTZ(3) NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('takes jobs', 'clock wrong', 'Redis unavailable', 'database unavailable', 'drains', 'stopped')),
  active     INTEGER NOT NULL,
  slots      INTEGER NOT NULL
);
CREATE INDEX workers_by_word ON workers (said_at, id);
