-- Where news of events is sent, signed with a secret.
CREATE TABLE endpoints (
  id            TEXT PRIMARY KEY,
  url           TEXT NOT NULL,
  types         TEXT NOT NULL,
  secret_sealed TEXT NOT NULL,
  old_sealed    TEXT,
  old_until     INTEGER,
  state         TEXT NOT NULL CHECK (state IN ('on', 'off')),
  off_reason    TEXT,
  failures      INTEGER NOT NULL,
  failing_since INTEGER,
  failing_id    TEXT,
  apart_at      INTEGER,
  probe_at      INTEGER,
  created_by    TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

-- One event for one endpoint, with the bytes that every attempt sends.
CREATE TABLE deliveries (
  id           TEXT PRIMARY KEY,
  endpoint_id  TEXT NOT NULL,
  event_id     TEXT NOT NULL,
  type         TEXT NOT NULL,
  message      TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled')),
  attempts     INTEGER NOT NULL,
  next_at      INTEGER NOT NULL,
  last_status  INTEGER,
  last_error   TEXT,
  delivered_at INTEGER,
  UNIQUE (endpoint_id, event_id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id);

-- Each event as the body of a webhook. What an event does not say itself is as its server has it now. The sequence
-- goes on after a restore of an older database: "restored" has the number of hours since 1970 at that time.
CREATE VIEW news AS
SELECT
  events.id,
  events.uid,
  events.type,
  events.at,
  json_object(
    'type', events.type,
    'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', events.at / 1000.0, 'unixepoch'),
    'data', json_object(
      'sequence',
        coalesce((SELECT value ->> '$' FROM settings WHERE name = 'restored'), 0) * 4294967296 + events.id,
      'serverId', events.server_id,
      'purchaseId', servers.purchase_id,
      'customer', coalesce(servers.customer, subscriptions.customer),
      'reference', coalesce(servers.reference, subscriptions.reference),
      'hostname', servers.hostname,
      'status', CASE events.type
        WHEN 'server.purchased' THEN 'installing'
        WHEN 'server.ready' THEN 'running'
        WHEN 'server.failed' THEN 'failed'
        WHEN 'server.rebuilt' THEN 'running'
        WHEN 'server.rebuild_failed' THEN 'running'
        WHEN 'server.suspended' THEN 'suspended'
        WHEN 'server.resumed' THEN 'running'
        WHEN 'server.destroyed' THEN 'destroyed'
        ELSE servers.status END,
      'location',
        coalesce(events.detail ->> '$.machines[0].location', events.detail ->> '$.location', servers.location),
      'plan', coalesce(events.detail ->> '$.plan', servers.plan),
      'ipv4', CASE
        WHEN events.type IN ('server.ready', 'server.rebuilt', 'server.resumed')
          THEN events.detail ->> '$.machines[0].ipv4'
        WHEN events.type IN ('server.purchased', 'server.failed', 'server.suspended', 'server.destroyed') THEN NULL
        ELSE machines.ipv4 END,
      'ipv6', CASE
        WHEN events.type IN ('server.ready', 'server.rebuilt', 'server.resumed')
          THEN events.detail ->> '$.machines[0].ipv6'
        WHEN events.type IN ('server.purchased', 'server.failed', 'server.suspended', 'server.destroyed') THEN NULL
        ELSE machines.ipv6 END,
      'jobId', events.job_id,
      'subscriptionId', events.subscription_id,
      'subject', events.subject,
      'detail', json(events.detail)
    )
  ) AS message
FROM events
  LEFT JOIN servers ON servers.id = events.server_id
  LEFT JOIN machines ON machines.id = servers.machine_id
  LEFT JOIN subscriptions ON subscriptions.id = events.subscription_id;

-- A trigger, so that no transaction can forget the deliveries of its events. Without endpoints it reads one empty table.
CREATE TRIGGER events_make_deliveries AFTER INSERT ON events
WHEN EXISTS (SELECT 1 FROM endpoints WHERE state = 'on')
BEGIN
  INSERT INTO deliveries (id, endpoint_id, event_id, type, message, created_at, state, attempts, next_at)
  SELECT
    'dlv-' || substr(news.uid, 5, 9) || substr(lower(hex(randomblob(5))), 1, 9),
    endpoints.id, news.uid, news.type, news.message, news.at, 'waiting', 0, news.at
  FROM endpoints JOIN news ON news.id = NEW.id
  WHERE endpoints.state = 'on' AND CASE NEW.type
    WHEN 'webhook.test' THEN endpoints.id = NEW.subject
    ELSE EXISTS (SELECT 1 FROM json_each(endpoints.types) AS wanted WHERE wanted.value = NEW.type) END;
END;
