-- Removals of machines without a row, as operators ordered them. Earlier versions stored them as settings removal:<id>.
CREATE TABLE ordered_removals (
  provider_id TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  ordered_by  TEXT NOT NULL,
  ordered_at  INTEGER NOT NULL
) STRICT;
INSERT INTO ordered_removals (provider_id, name, ordered_by, ordered_at)
  SELECT substr(name, 9), json_extract(value, '$.name'), json_extract(value, '$.by'), updated_at FROM settings
  WHERE substr(name, 1, 8) = 'removal:'
    AND json_extract(value, '$.name') IS NOT NULL AND json_extract(value, '$.by') IS NOT NULL;
DELETE FROM settings WHERE substr(name, 1, 8) = 'removal:';

-- A held alert is not cleared. Earlier versions stored the hold as a lease named like the alert's id.
ALTER TABLE alerts ADD COLUMN held_until INTEGER;
UPDATE alerts SET held_until = (SELECT expires_at FROM leases WHERE leases.name = alerts.id AND holder = 'refused');
DELETE FROM leases WHERE holder = 'refused';
