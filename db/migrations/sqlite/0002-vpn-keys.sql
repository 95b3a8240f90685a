-- The VPN keys of each server that is not destroyed, sealed with SECRETS_KEY. No other table holds secrets.
CREATE TABLE vpn_keys (
  server_id TEXT PRIMARY KEY REFERENCES servers (id),
  sealed    TEXT NOT NULL
) STRICT;
