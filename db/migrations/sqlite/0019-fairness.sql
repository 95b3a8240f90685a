-- Jobs of a customer with many jobs wait behind those of other customers.
ALTER TABLE jobs ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
CREATE INDEX servers_under_way ON servers (coalesce(customer_folded, customer), id)
  WHERE status IN ('installing', 'rebuilding', 'suspending', 'resuming', 'destroying');

-- The event that asked to cancel a job which may run.
ALTER TABLE jobs ADD COLUMN cancel_cause TEXT;
