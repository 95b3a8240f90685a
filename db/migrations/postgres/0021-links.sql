-- Links to the customer's page of a server. The token is stored nowhere: the digest is its SHA-256.
CREATE TABLE links (
  id         TEXT PRIMARY KEY,
  server_id  TEXT NOT NULL REFERENCES servers (id),
  digest     TEXT NOT NULL,
  may        JSON NOT NULL,
  created_by TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL,
  expires_at TIMESTAMPTZ(3) NOT NULL
);
CREATE UNIQUE INDEX links_by_digest ON links (digest);
CREATE INDEX links_by_server ON links (server_id, id);
