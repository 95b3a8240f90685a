-- Who may call the API, beside the tokens of its configuration. A revoked key keeps its row, and so its name.
CREATE TABLE keys (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  scopes     JSON NOT NULL,
  customer   TEXT,
  digest     TEXT NOT NULL UNIQUE,
  old_digest TEXT UNIQUE,
  old_until  TIMESTAMPTZ(3),
  last4      TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL,
  expires_at TIMESTAMPTZ(3),
  revoked_at TIMESTAMPTZ(3),
  used_at    TIMESTAMPTZ(3),
  CHECK ((old_digest IS NULL) = (old_until IS NULL))
);
