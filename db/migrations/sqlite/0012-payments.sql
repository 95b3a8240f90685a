-- What Stripe's objects said when they were fetched last, one row for each subscription.
CREATE TABLE subscriptions (
  id              TEXT PRIMARY KEY,
  stripe_customer TEXT NOT NULL,
  customer        TEXT NOT NULL,
  customer_folded TEXT,
  reference       TEXT,
  status          TEXT NOT NULL,
  standing        TEXT NOT NULL CHECK (standing IN ('unpaid', 'good', 'overdue', 'held', 'over')),
  reason          TEXT NOT NULL,
  since           INTEGER NOT NULL,
  changes_at      INTEGER,
  ends_at         INTEGER,
  price_id        TEXT,
  plan            TEXT,
  location        TEXT,
  period_end      INTEGER,
  cancel_at       INTEGER,
  ended_at        INTEGER,
  open_invoice    TEXT,
  open_since      INTEGER,
  paid_invoice    TEXT,
  paid_at         INTEGER,
  refunded_at     INTEGER,
  dispute         TEXT,
  hold            TEXT,
  hold_since      INTEGER,
  released        TEXT,
  marked_server   TEXT,
  double_of       TEXT,
  cause           TEXT,
  synced_at       INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriptions_by_age ON subscriptions (created_at, id);
CREATE INDEX subscriptions_by_standing ON subscriptions (standing, created_at, id);
CREATE INDEX subscriptions_by_customer ON subscriptions (coalesce(customer_folded, customer), created_at, id);
-- A look is due.
CREATE INDEX subscriptions_by_change ON subscriptions (changes_at) WHERE changes_at IS NOT NULL;
-- Alerts.
CREATE INDEX subscriptions_on_hold ON subscriptions (hold_since) WHERE hold IS NOT NULL;
CREATE INDEX subscriptions_doubled ON subscriptions (created_at) WHERE double_of IS NOT NULL;

-- Every invoice that was paid.
CREATE TABLE payments (
  invoice_id      TEXT PRIMARY KEY,
  subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
  amount          INTEGER NOT NULL,
  currency        TEXT NOT NULL,
  paid_at         INTEGER NOT NULL,
  refunded        INTEGER NOT NULL,
  disputed        INTEGER NOT NULL,
  period_start    INTEGER NOT NULL,
  period_end      INTEGER NOT NULL
) STRICT;
CREATE INDEX payments_by_subscription ON payments (subscription_id, paid_at);

-- The outbox of the queue payments: what Stripe sent, or what a poll found. The body is not stored.
CREATE TABLE notices (
  id              TEXT PRIMARY KEY,
  form            TEXT NOT NULL CHECK (form IN ('snapshot', 'thin', 'poll')),
  type            TEXT NOT NULL,
  object_id       TEXT,
  subscription_id TEXT,
  livemode        INTEGER NOT NULL CHECK (livemode IN (0, 1)),
  created_at      INTEGER NOT NULL,
  received_at     INTEGER NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('received', 'done', 'ignored')),
  reason          TEXT,
  attempts        INTEGER NOT NULL,
  cause           TEXT NOT NULL
) STRICT;
CREATE INDEX notices_open ON notices (id) WHERE state = 'received';
CREATE INDEX notices_waiting ON notices (received_at) WHERE state = 'received';
CREATE INDEX notices_of_subscription ON notices (subscription_id) WHERE state = 'received' AND subscription_id IS NOT NULL;
CREATE INDEX notices_ended ON notices (received_at) WHERE state <> 'received';

ALTER TABLE purchases ADD COLUMN source TEXT NOT NULL DEFAULT 'api' CHECK (source IN ('api', 'stripe'));
ALTER TABLE purchases ADD COLUMN subscription_id TEXT;
ALTER TABLE purchases ADD COLUMN paid_at INTEGER;
ALTER TABLE purchases ADD COLUMN ended_at INTEGER;
CREATE UNIQUE INDEX one_purchase_per_subscription ON purchases (subscription_id)
  WHERE subscription_id IS NOT NULL AND ended_at IS NULL;

-- Of a rebuild that changes the plan.
ALTER TABLE jobs ADD COLUMN plan TEXT;
