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
  since           TIMESTAMPTZ(3) NOT NULL,
  changes_at      TIMESTAMPTZ(3),
  ends_at         TIMESTAMPTZ(3),
  price_id        TEXT,
  plan            TEXT,
  location        TEXT,
  period_end      TIMESTAMPTZ(3),
  cancel_at       TIMESTAMPTZ(3),
  ended_at        TIMESTAMPTZ(3),
  open_invoice    TEXT,
  open_since      TIMESTAMPTZ(3),
  paid_invoice    TEXT,
  paid_at         TIMESTAMPTZ(3),
  refunded_at     TIMESTAMPTZ(3),
  dispute         TEXT,
  hold            TEXT,
  hold_since      TIMESTAMPTZ(3),
  released        JSON,
  marked_server   TEXT,
  double_of       TEXT,
  cause           TEXT,
  synced_at       TIMESTAMPTZ(3) NOT NULL,
  created_at      TIMESTAMPTZ(3) NOT NULL
);
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
  amount          BIGINT NOT NULL,
  currency        TEXT NOT NULL,
  paid_at         TIMESTAMPTZ(3) NOT NULL,
  refunded        BIGINT NOT NULL,
  disputed        BIGINT NOT NULL,
  period_start    TIMESTAMPTZ(3) NOT NULL,
  period_end      TIMESTAMPTZ(3) NOT NULL
);
CREATE INDEX payments_by_subscription ON payments (subscription_id, paid_at);

-- The outbox of the queue payments: what Stripe sent, or what a poll found. The body is not stored.
CREATE TABLE notices (
  id              TEXT PRIMARY KEY,
  form            TEXT NOT NULL CHECK (form IN ('snapshot', 'thin', 'poll')),
  type            TEXT NOT NULL,
  object_id       TEXT,
  subscription_id TEXT,
  livemode        BOOLEAN NOT NULL,
  created_at      TIMESTAMPTZ(3) NOT NULL,
  received_at     TIMESTAMPTZ(3) NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('received', 'done', 'ignored')),
  reason          TEXT,
  attempts        INTEGER NOT NULL,
  cause           TEXT NOT NULL
);
CREATE INDEX notices_open ON notices (id) WHERE state = 'received';
CREATE INDEX notices_waiting ON notices (received_at) WHERE state = 'received';
CREATE INDEX notices_of_subscription ON notices (subscription_id) WHERE state = 'received' AND subscription_id IS NOT NULL;
CREATE INDEX notices_ended ON notices (received_at) WHERE state <> 'received';

ALTER TABLE purchases ADD COLUMN source TEXT NOT NULL DEFAULT 'api' CHECK (source IN ('api', 'stripe'));
ALTER TABLE purchases ADD COLUMN subscription_id TEXT;
ALTER TABLE purchases ADD COLUMN paid_at TIMESTAMPTZ(3);
ALTER TABLE purchases ADD COLUMN ended_at TIMESTAMPTZ(3);
CREATE UNIQUE INDEX one_purchase_per_subscription ON purchases (subscription_id)
  WHERE subscription_id IS NOT NULL AND ended_at IS NULL;

-- Of a rebuild that changes the plan.
ALTER TABLE jobs ADD COLUMN plan TEXT;
