-- Removals of machines without a row, as operators ordered them. Earlier versions stored them as settings removal:<id>.
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

-- A held alert is not cleared. Earlier versions stored the hold as a lease named like the alert's id.
ALTER TABLE alerts ADD COLUMN held_until TIMESTAMPTZ(3);
UPDATE alerts SET held_until = (SELECT expires_at FROM leases WHERE leases.name = alerts.id AND holder = 'refused');
DELETE FROM leases WHERE holder = 'refused';
