-- Everything that was asked and done, with who caused it. It outlives the rows that it names, so it refers to none.
CREATE TABLE events (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  uid             TEXT NOT NULL UNIQUE,
  at              INTEGER NOT NULL,
  type            TEXT NOT NULL,
  actor           TEXT NOT NULL,
  cause           TEXT,
  request_id      TEXT,
  server_id       TEXT,
  job_id          TEXT,
  subscription_id TEXT,
  subject         TEXT,
  detail          TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_server ON events (server_id, id) WHERE server_id IS NOT NULL;
CREATE INDEX events_by_subject ON events (subject, id) WHERE subject IS NOT NULL;

ALTER TABLE jobs ADD COLUMN cause TEXT;

-- Callers are named like every other actor: key:<name of the token>.
UPDATE purchases SET requested_by = 'key:' || requested_by;
UPDATE jobs SET requested_by =
  CASE WHEN kind = 'retire' AND requested_by = 'rebuild' THEN 'policy' ELSE 'key:' || requested_by END;

-- A uid is made as db/ids.ts makes ids, with the history's number in place of the random digits.
INSERT INTO events (uid, at, type, actor, server_id, job_id, detail)
  SELECT
    'evt-'
      || substr(digits, CAST((ms >> 40 & 31) + 1 AS INTEGER), 1) || substr(digits, CAST((ms >> 35 & 31) + 1 AS INTEGER), 1)
      || substr(digits, CAST((ms >> 30 & 31) + 1 AS INTEGER), 1) || substr(digits, CAST((ms >> 25 & 31) + 1 AS INTEGER), 1)
      || substr(digits, CAST((ms >> 20 & 31) + 1 AS INTEGER), 1) || substr(digits, CAST((ms >> 15 & 31) + 1 AS INTEGER), 1)
      || substr(digits, CAST((ms >> 10 & 31) + 1 AS INTEGER), 1) || substr(digits, CAST((ms >> 5 & 31) + 1 AS INTEGER), 1)
      || substr(digits, CAST((ms & 31) + 1 AS INTEGER), 1) || substr(CAST(1000000000 + id AS TEXT), 2),
    at,
    CASE
      WHEN event = 'purchased' THEN 'server.purchased'
      WHEN event = 'succeeded' AND kind = 'create' THEN 'server.ready'
      WHEN event = 'succeeded' AND kind = 'rebuild' THEN 'server.rebuilt'
      WHEN event = 'succeeded' AND kind = 'destroy' THEN 'server.destroyed'
      WHEN event = 'succeeded' THEN 'machine.retired'
      WHEN event = 'failed' AND kind = 'create' THEN 'server.failed'
      WHEN kind = 'retire' THEN 'machine.retire_' || event
      ELSE 'server.' || kind || '_' || event
    END,
    CASE
      WHEN event = 'purchased' THEN coalesce(buyer, 'key:unknown')
      WHEN detail ->> 'by' IS NOT NULL THEN 'key:' || (detail ->> 'by')
      WHEN event IN ('succeeded', 'failed') THEN 'worker'
      ELSE 'policy'
    END,
    server_id,
    job_id,
    detail
  FROM (
    SELECT
      history.*,
      history.at AS ms,
      '0123456789abcdefghjkmnpqrstvwxyz' AS digits,
      coalesce(jobs.kind, history.detail ->> 'kind', 'create') AS kind,
      coalesce(purchases.requested_by, alone.requested_by) AS buyer
    FROM history
      LEFT JOIN jobs ON jobs.id = history.job_id
      LEFT JOIN servers ON servers.id = history.server_id
      LEFT JOIN purchases ON purchases.id = servers.purchase_id
      -- A pruned server's purchase is the only one of its time, or it is unknown.
      LEFT JOIN (
        SELECT created_at, min(requested_by) AS requested_by FROM purchases
        GROUP BY created_at HAVING count(*) = 1
      ) AS alone ON alone.created_at = history.at AND history.event = 'purchased'
  ) AS entries
  ORDER BY id;

-- A job's cause is the event that asked for it: for the first job of a server, its purchase.
UPDATE jobs SET cause = (
  SELECT uid FROM events
  WHERE events.server_id = jobs.server_id
    AND (events.job_id = jobs.id AND type LIKE '%requested' OR jobs.position = 1 AND type = 'server.purchased')
  ORDER BY events.id
  LIMIT 1
);
UPDATE events SET cause = (SELECT cause FROM jobs WHERE jobs.id = events.job_id)
  WHERE job_id IS NOT NULL AND type NOT LIKE '%requested';

DROP TABLE history;

CREATE TRIGGER events_keep_rows BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'Events are append-only.'); END;
CREATE TRIGGER events_keep_values BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'Events are append-only.'); END;

-- Who had an address, now or earlier.
CREATE INDEX machines_by_ipv4 ON machines (ipv4, id) WHERE ipv4 IS NOT NULL;
CREATE INDEX machines_by_ipv6 ON machines (ipv6, id) WHERE ipv6 IS NOT NULL;
