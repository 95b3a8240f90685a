-- Where news of events is sent, signed with a secret.
CREATE TABLE endpoints (
  id            TEXT PRIMARY KEY,
  url           TEXT NOT NULL,
  types         JSON NOT NULL,
  secret_sealed TEXT NOT NULL,
  old_sealed    TEXT,
  old_until     TIMESTAMPTZ(3),
  state         TEXT NOT NULL CHECK (state IN ('on', 'off')),
  off_reason    TEXT,
  failures      INTEGER NOT NULL,
  failing_since TIMESTAMPTZ(3),
  failing_id    TEXT,
  apart_at      TIMESTAMPTZ(3),
  probe_at      TIMESTAMPTZ(3),
  created_by    TEXT NOT NULL,
  created_at    TIMESTAMPTZ(3) NOT NULL
);

-- One event for one endpoint, with the bytes that every attempt sends.
CREATE TABLE deliveries (
  id           TEXT PRIMARY KEY,
  endpoint_id  TEXT NOT NULL,
  event_id     TEXT NOT NULL,
  type         TEXT NOT NULL,
  message      TEXT NOT NULL,
  created_at   TIMESTAMPTZ(3) NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled')),
  attempts     INTEGER NOT NULL,
  next_at      TIMESTAMPTZ(3) NOT NULL,
  last_status  INTEGER,
  last_error   TEXT,
  delivered_at TIMESTAMPTZ(3),
  UNIQUE (endpoint_id, event_id)
);
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
  json_build_object(
    'type', events.type,
    'timestamp', to_char(events.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', json_build_object(
      'sequence',
        coalesce((SELECT (value #>> '{}')::bigint FROM settings WHERE name = 'restored'), 0) * 4294967296 + events.id,
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
        coalesce(events.detail #>> '{machines,0,location}', events.detail ->> 'location', servers.location),
      'plan', coalesce(events.detail ->> 'plan', servers.plan),
      'ipv4', CASE
        WHEN events.type IN ('server.ready', 'server.rebuilt', 'server.resumed')
          THEN events.detail #>> '{machines,0,ipv4}'
        WHEN events.type IN ('server.purchased', 'server.failed', 'server.suspended', 'server.destroyed') THEN NULL
        ELSE machines.ipv4 END,
      'ipv6', CASE
        WHEN events.type IN ('server.ready', 'server.rebuilt', 'server.resumed')
          THEN events.detail #>> '{machines,0,ipv6}'
        WHEN events.type IN ('server.purchased', 'server.failed', 'server.suspended', 'server.destroyed') THEN NULL
        ELSE machines.ipv6 END,
      'jobId', events.job_id,
      'subscriptionId', events.subscription_id,
      'subject', events.subject,
      'detail', events.detail
    )
  )::text AS message
FROM events
  LEFT JOIN servers ON servers.id = events.server_id
  LEFT JOIN machines ON machines.id = servers.machine_id
  LEFT JOIN subscriptions ON subscriptions.id = events.subscription_id;

-- A trigger, so that no transaction can forget the deliveries of its events. Without endpoints it reads one empty table.
CREATE FUNCTION make_deliveries() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM endpoints WHERE state = 'on') THEN
    INSERT INTO deliveries (id, endpoint_id, event_id, type, message, created_at, state, attempts, next_at)
    SELECT
      'dlv-' || substr(news.uid, 5, 9) || substr(md5(random()::text || endpoints.id || news.uid), 1, 9),
      endpoints.id, news.uid, news.type, news.message, news.at, 'waiting', 0, news.at
    FROM endpoints JOIN news ON news.id = NEW.id
    WHERE endpoints.state = 'on' AND CASE NEW.type
      WHEN 'webhook.test' THEN endpoints.id = NEW.subject
      ELSE endpoints.types::jsonb ? NEW.type END;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER events_make_deliveries AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION make_deliveries();
