-- What each day has cost and brought; written once.
CREATE TABLE statements (
  day    TEXT PRIMARY KEY,
  body   TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;

-- The payments of a day.
CREATE INDEX payments_by_time ON payments (paid_at);
