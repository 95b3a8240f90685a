-- Removals that operators have ordered, of machines without a row. Before, they were settings named removal:<id>.
CREATE TABLE ordered_removals (
  provider_id TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  ordered_by  TEXT NOT NULL,
  ordered_at  TIMESTAMPTZ(3) NOT NULL
);
INSERT INTO ordered_removals (provider_id, name, ordered_by, ordered_at)
  SELECT substr(name, 9), value ->> 'name', value ->> 'by', updated_at FROM settings
  WHERE substr(name, 1, 8) = 'removal:'
    AND value ->> 'name' IS NOT NULL AND value ->> 'by' IS NOT NULL;
DELETE FROM settings WHERE substr(name, 1, 8) = 'removal:';

-- A held alert is not cleared. Before, this was a lease with the alert's id as its name.
ALTER TABLE alerts ADD COLUMN held_until TIMESTAMPTZ(3);
UPDATE alerts SET held_until = (SELECT expires_at FROM leases WHERE leases.name = alerts.id AND holder = 'refused');
DELETE FROM leases WHERE holder = 'refused';
