-- Who may call the API, beside the tokens of its configuration. A revoked key keeps its row, and so its name.
CREATE TABLE keys (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  scopes     TEXT NOT NULL,
  customer   TEXT,
  digest     TEXT NOT NULL UNIQUE,
  old_digest TEXT UNIQUE,
  old_until  INTEGER,
  last4      TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  used_at    INTEGER,
  CHECK ((old_digest IS NULL) = (old_until IS NULL))
) STRICT;
