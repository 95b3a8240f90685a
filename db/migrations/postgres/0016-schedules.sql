-- Rebuilds that come again and again, one schedule for a server.
CREATE TABLE schedules (
  server_id TEXT PRIMARY KEY,
  every     TEXT NOT NULL CHECK (every IN ('day', 'week', 'month')),
  weekday   TEXT CHECK (weekday IN ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday')),
  day       INTEGER,
  at        TEXT NOT NULL,
  zone      TEXT NOT NULL,
  locations JSON NOT NULL,
  turn      INTEGER NOT NULL,
  paused    BOOLEAN NOT NULL,
  next_at   TIMESTAMPTZ(3) NOT NULL,
  fired_at  TIMESTAMPTZ(3),
  fired_job TEXT,
  skipped   TEXT,
  cause     TEXT NOT NULL
);
CREATE INDEX schedules_due ON schedules (next_at) WHERE paused = false;

-- The last scheduled rebuilds, of which too many may have failed.
CREATE INDEX jobs_scheduled ON jobs (id) WHERE requested_by = 'schedule' AND finished_at IS NOT NULL;
