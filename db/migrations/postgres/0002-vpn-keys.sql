-- The VPN keys of each server that is not destroyed, sealed with SECRETS_KEY: the one place where secrets are kept.
CREATE TABLE vpn_keys (
  server_id TEXT PRIMARY KEY REFERENCES servers (id),
  sealed    TEXT NOT NULL
);
